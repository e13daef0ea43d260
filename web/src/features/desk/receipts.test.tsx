// What a desk confirms to have shown, the receipt of a booking, and the alarm while one is on no screen.
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { arrival, EMPTY_DESK, openDesk, rows, said, server, setBack } from "@/testing/desk";
import { data, serve } from "@/testing/fake-server";
import { newest } from "@/testing/fake-socket";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

/** A page of a list of so many bookings. */
const listed = (totalItems: number, ...seqs: number[]) =>
  data({
    bookings: seqs.map((seq) => ({ ...arrival, trackingId: `CV-${seq}`, seq })),
    ...{ totalPages: Math.ceil(totalItems / 2), totalItems, currentPage: 1 },
  });
const SOON = { timeout: 4_000 };

test("while the page is behind, it confirms nothing before the list was read again", async () => {
  const empty = { bookings: [], totalPages: 1, totalItems: 0, currentPage: 1 };
  let list = Promise.resolve(data(empty));
  const requests = serve({ ...EMPTY_DESK, "GET /api/booking": () => list });
  await openDesk();
  await waitFor(() => expect(said("shown")).toEqual([{ since: 0, seq: 0 }]), SOON);
  const before = requests.length;
  list = new Promise(() => {});
  for (const seq of [5, 9]) await server(() => newest().deliver("live", { seq, time: new Date().toISOString() }, null));
  await waitFor(() => expect(requests.length).toBeGreaterThan(before), SOON);
  await server(() => newest().deliver("customer_added", arrival, "e.10")); // 6 to 9 are missing
  await server(() => undefined);
  await server(() => undefined);
  expect(rows()).toHaveLength(1);
  expect(said("shown")).toHaveLength(1);
});

test("what was painted is confirmed: soon, cumulatively, and again to a server that was started anew", async () => {
  serve(EMPTY_DESK);
  await openDesk();
  await waitFor(() => expect(said("shown")).toEqual([{ since: 0, seq: 0 }]), SOON);
  await server(() => {
    newest().deliver("customer_added", arrival, "e.12");
    newest().deliver("customer_added", { ...arrival, trackingId: "CV-2" }, "e.13");
  });
  await waitFor(() => expect(said("shown").at(-1)).toEqual({ since: 0, seq: 13 }), SOON);
  expect(said("shown")).toHaveLength(2);
  await server(() => newest().lose());
  await server(() => newest().accept("s1", true));
  await waitFor(() => expect(said("shown")).toHaveLength(3), SOON);
  expect(said("shown").at(-1)).toEqual({ since: 0, seq: 13 });
});

test("after the laptop's clock was set back, what is painted is confirmed as soon as before", async () => {
  serve(EMPTY_DESK);
  await openDesk();
  await waitFor(() => expect(said("shown")).toEqual([{ since: 0, seq: 0 }]), SOON);
  setBack();
  for (const seq of [12, 13]) {
    await server(() => newest().deliver("customer_added", { ...arrival, trackingId: `CV-${seq}` }, `e.${seq}`));
    await waitFor(() => expect(said("shown").at(-1)).toEqual({ since: 0, seq }), SOON);
  }
});

test.each(["/dashboard", "/dashboard/bookings"])("a booking of an unknown service says so, at %s", async (address) => {
  const bookings = [{ ...arrival, serviceName: "", seq: 1 }];
  serve({ ...EMPTY_DESK, "GET /api/booking": data({ bookings, totalPages: 1, totalItems: 1, currentPage: 1 }) });
  await openDesk(address);
  await waitFor(() => expect(rows()[0]?.textContent).toContain("Unknown service"), SOON);
});

test("a tab in the background confirms nothing until it is looked at", async () => {
  const visibility = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
  serve({ ...EMPTY_DESK, "GET /api/booking": listed(1, 12) });
  await openDesk();
  await waitFor(() => expect(rows()).toHaveLength(1), SOON);
  await server(() => new Promise((done) => setTimeout(done, 200)));
  expect(said("shown")).toEqual([]);
  visibility.mockRestore();
  await waitFor(() => expect(said("shown")).toEqual([{ since: 0, seq: 12 }]), SOON);
});

test("a booking's receipt is shown beside it, with who had it on screen", async () => {
  const times = { paidAt: "2026-11-23T12:00:00.100Z", receivedAt: "2026-11-23T12:00:00.400Z" };
  const desk = { personId: "s1", name: "Sumaiya Islam", socketId: "abcdefgh", shownAt: "2026-11-23T12:00:00.483Z" };
  serve({
    ...EMPTY_DESK,
    "GET /api/booking": data({ bookings: [{ ...arrival, seq: 12 }], totalPages: 1, totalItems: 1, currentPage: 1 }),
    "GET /api/booking/receipt": data({
      ...{ trackingId: "CV-7KQ4M2XA", seq: 12, ...times, committedAt: "2026-11-23T12:00:00.402Z" },
      ...{
        emittedAt: "2026-11-23T12:00:00.403Z",
        shownAt: desk.shownAt,
        desks: [desk, { ...desk, socketId: "ijklmnop" }],
      },
    }),
  });
  await openDesk();
  await server(() => newest().deliver("customer_added", arrival, "e.12"));
  await userEvent.click(screen.getByRole("button", { name: "Receipt of Tahmid Rahman's booking" }));
  expect(
    await screen.findByText(
      /^Paid .* · received \+0\.3 s · saved \+2 ms · sent \+1 ms · on first desk \+80 ms · on 1 desk$/,
    ),
  ).toBeDefined();
  const [one, ...others] = within(screen.getByRole("list", { name: "On whose screen" })).getAllByRole("listitem");
  expect(one?.textContent).toMatch(/^Sumaiya Islam, 2 tabs, first \d\d:\d\d:00$/);
  expect(one?.querySelector("[title]")?.getAttribute("title")).toBe("abcdefgh, ijklmnop");
  expect(others).toEqual([]);
});

test("the receipt alarm is in the bar of a new page, goes on by events, and goes away when it is over", async () => {
  const alarm = { unseen: 1, unsent: 0, oldest: 3, seconds: 30 };
  serve({ ...EMPTY_DESK, "GET /api/booking/receipt-state": data({ alarm, unseen: 1, unsent: 0 }) });
  await openDesk();
  expect(await screen.findByText("A paid booking has been on no screen for 30 s.")).toBeDefined();
  await server(() => newest().deliver("receipt_alarm", { ...alarm, unseen: 2, unsent: 4 }));
  await waitFor(() =>
    expect(screen.getByRole("alert").textContent).toBe(
      "2 paid bookings have been on no screen for 30 s. 4 events have waited 30 s to be sent. They are kept.",
    ),
  );
  await server(() => newest().deliver("receipt_alarm", { unseen: 0, unsent: 0, oldest: 0, seconds: 0 }));
  await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
});

test("where a booking that nobody has seen stands below the list, the list grows until it is in it", async () => {
  const alarm = { unseen: 1, unsent: 0, oldest: 3, seconds: 30 };
  serve({
    ...EMPTY_DESK,
    "GET /api/booking?page=1&limit=50": listed(4, 9, 8),
    "GET /api/booking?page=2&limit=50": listed(4, 4, 3),
  });
  await openDesk();
  await waitFor(() => expect(said("shown").at(-1)).toEqual({ since: 8, seq: 9 }), SOON);
  await server(() => newest().deliver("receipt_alarm", alarm));
  await waitFor(() => expect(rows()).toHaveLength(4), SOON);
  await waitFor(() => expect(said("shown").at(-1)).toEqual({ since: 0, seq: 9 }), SOON);
});

test("where many have been seen by nobody, the list grows by as many pages at once, and nothing else is read again", async () => {
  const requests = serve({
    ...EMPTY_DESK,
    "GET /api/booking?page=1&limit=50": listed(6, 12, 11),
    "GET /api/booking?page=2&limit=50": listed(6, 9, 8),
    "GET /api/booking?page=3&limit=50": listed(6, 4, 3),
  });
  await openDesk();
  await waitFor(() => expect(said("shown").at(-1)).toEqual({ since: 11, seq: 12 }), SOON);
  const before = requests.length;
  await server(() => newest().deliver("receipt_alarm", { unseen: 150, unsent: 0, oldest: 3, seconds: 30 }));
  await waitFor(() => expect(rows()).toHaveLength(6), SOON);
  expect(requests.slice(before).map(({ path }) => path)).toEqual(
    [1, 2, 3].map((page) => `/api/booking?page=${page}&limit=50`),
  );
  await server(() => newest().deliver("receipt_alarm", { unseen: 0, unsent: 0, oldest: 0, seconds: 30 }));
  const over = requests.length;
  await server(() => newest().lose());
  await server(() => newest().accept("s2", false));
  await waitFor(() => expect(rows()).toHaveLength(2), SOON);
  const lists = requests.slice(over).filter(({ path }) => path.startsWith("/api/booking?"));
  expect(lists.map(({ path }) => path)).toEqual(["/api/booking?page=1&limit=50"]);
});

test("more than a thousand that nobody has seen are all read, so that the alarm ends", async () => {
  serve({
    ...EMPTY_DESK,
    "GET /api/booking": listed(60, 12, 11),
    "GET /api/booking?page=30&limit=50": listed(60, 4, 3),
  });
  await openDesk();
  await waitFor(() => expect(said("shown").at(-1)).toEqual({ since: 11, seq: 12 }), SOON);
  await server(() => newest().deliver("receipt_alarm", { unseen: 1_500, unsent: 0, oldest: 3, seconds: 30 }));
  await waitFor(() => expect(said("shown").at(-1)).toEqual({ since: 3, seq: 12 }), SOON);
});
