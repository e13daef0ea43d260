import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, onTestFinished, test, vi } from "vitest";
import {
  about,
  arrival,
  customer,
  EMPTY_DESK,
  listing,
  openDesk,
  people,
  rows,
  server,
  setBack,
  staff,
} from "@/testing/desk";
import { data, refusal, serve } from "@/testing/fake-server";
import { alive, newest, opened } from "@/testing/fake-socket";
import { show } from "@/testing/show";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

const COUNTS = { open: 200, mine: 0, unassigned: 200, closed: 0 };
const SOON = { timeout: 4_000 };

test("a customer is told whose desk it is, and no socket is opened", async () => {
  serve({ "GET /api/session": data({ user: { ...staff, role: "user" } }) });
  await show("/dashboard");
  expect(await screen.findByText("Only staff can open the desk. You are signed in as a customer.")).toBeDefined();
  expect(opened).toEqual([]);
});

test.each(["/dashboard", "/dashboard?view=chat&with=fam-9", "/dashboard/payments?open=pi_9"])(
  "nobody is shown the way in, and it leads back to %s",
  async (address) => {
    serve({});
    await show(address);
    const main = await screen.findByRole("main");
    const link = await within(main).findByRole("link", { name: "Sign in" });
    expect(new URL(link.getAttribute("href") ?? "", "http://desk").searchParams.get("next")).toBe(address);
  },
);

test("what does not fit in the address is left out: the desk is there, with no conversation open", async () => {
  const requests = serve(EMPTY_DESK);
  await show(`/dashboard?view=chat&with=${encodeURIComponent('{"x":1}')}`);
  expect(await screen.findByRole("heading", { level: 1, name: "Chat" })).toBeDefined();
  expect(requests.filter(({ path }) => path.startsWith("/api/chat/message"))).toEqual([]);
});

test("an empty desk offers a test booking in development only", async () => {
  const requests = serve({ ...EMPTY_DESK, "POST /api/simulate": data({ trackingId: "CV-1" }) });
  await openDesk();
  await userEvent.click((await screen.findAllByRole("button", { name: "Play a test booking" }))[0] as HTMLElement);
  expect(requests).toContainEqual({ method: "POST", path: "/api/simulate", body: {} });
});

test("the desk of a laptop that has lost its network is at 127.0.0.1 all the same", async () => {
  const requests = serve({ ...EMPTY_DESK, "POST /api/simulate": data({ trackingId: "CV-1" }) });
  await openDesk();
  fireEvent(window, new Event("offline"));
  onTestFinished(() => void fireEvent(window, new Event("online")));
  await userEvent.click(screen.getByRole("button", { name: /^Closed/ }));
  await userEvent.click((await screen.findAllByRole("button", { name: "Play a test booking" }))[0] as HTMLElement);
  await waitFor(() => expect(requests.map(({ path }) => path)).toContain("/api/simulate"));
  expect(requests.some(({ path }) => path.includes("filter=closed"))).toBe(true);
});

test("what is wrong with the server is said for as long as it says so", async () => {
  serve(EMPTY_DESK);
  await openDesk();
  const full = "The disk is full: nothing was confirmed.";
  await server(() => newest().deliver("live", { seq: 1, time: "2026-11-23T06:00:00.000Z", alarm: full }, null));
  const alarm = await screen.findByText(full);
  expect(alarm.closest("[role=alert]")).not.toBeNull();
  await server(() => newest().deliver("live", { seq: 1, time: "2026-11-23T06:00:01.000Z" }, null));
  expect(screen.queryByText(full)).toBeNull();
});

test("that there is no event yet is said when the server has said so, not before", async () => {
  serve(EMPTY_DESK);
  await openDesk();
  expect(screen.queryByText(/no event yet/)).toBeNull();
  await server(() => newest().deliver("live", { seq: 0, time: "2026-11-23T06:00:00.000Z" }));
  expect((await screen.findAllByText(/no event yet/)).length).toBeGreaterThan(0);
});

test("production has no test booking", async () => {
  serve({ ...EMPTY_DESK, "GET /config.json": { body: { socketUrl: "", env: "production", guestSockets: false } } });
  await openDesk();
  expect(await screen.findByText(/No bookings yet/)).toBeDefined();
  expect(screen.queryByRole("button", { name: "Play a test booking" })).toBeNull();
});

test("a paid booking is on the screen at once, once, and its customer is among the people, once", async () => {
  let booked: object[] = []; // a list that is read again behind the event has it too
  const list = () => data({ bookings: booked, totalPages: 1, totalItems: booked.length, currentPage: 1 });
  const requests = serve({ ...EMPTY_DESK, "GET /api/booking": list });
  await openDesk();
  const lists = () => requests.filter(({ path }) => path.startsWith("/api/booking?")).length;
  const before = lists();
  await server(() => {
    booked = [
      { ...arrival, trackingId: "CV-2", seq: 13 },
      { ...arrival, seq: 12 },
    ];
    newest().deliver("customer_added", arrival, "e.12");
    newest().deliver("customer_added", arrival, "e.12");
    newest().deliver("customer_added", { ...arrival, trackingId: "CV-2" }, "e.13");
  });
  await waitFor(() => expect(rows().map((row) => row.dataset.booking)).toEqual(["CV-2", "CV-7KQ4M2XA"]));
  expect(within(rows()[0] as HTMLElement).getByText("৳9,600")).toBeDefined();
  expect(people().map((row) => row.dataset.participant)).toEqual(["u9"]);
  await waitFor(() => expect(lists()).toBe(before + 1)); // for what the event does not tell of it
});

test("after a flood every row is drawn and none shines on, also where the device's clock was set back meanwhile", async () => {
  const booked: object[] = [];
  const list = () => data({ bookings: booked, totalPages: 1, totalItems: booked.length, currentPage: 1 });
  serve({ ...EMPTY_DESK, "GET /api/booking": list });
  await openDesk();
  const arrive = (count: number) =>
    server(() => {
      for (const last = booked.length + count; booked.length < last; ) {
        const booking = { ...arrival, trackingId: `CV-${booked.length}` };
        booked.unshift({ ...booking, seq: booked.length + 1 });
        newest().deliver("customer_added", booking, `e.${booked.length}`);
      }
    });
  const room = Math.ceil(window.innerHeight / 52);
  const [began, start] = [Date.now(), performance.now()];
  // Slow, else the flood is over on a slow machine; setBack gives it its pace again.
  vi.spyOn(Date, "now").mockImplementation(() => began + (performance.now() - start) / 20);
  await arrive(room);
  await arrive(5);
  expect(rows().length).toBe(room);
  setBack();
  await waitFor(() => expect(rows().length).toBe(room + 5), SOON);
  expect(rows().filter((row) => row.classList.contains("row-new"))).toEqual([]);
});

test("who tries now by keyboard keeps their place in the bar once the connection is back", async () => {
  serve(EMPTY_DESK);
  await openDesk();
  await server(() => newest().deliver("live", { seq: 1, time: new Date().toISOString() }, null));
  await server(() => newest().lose());
  const again = await screen.findByRole("button", { name: "Try now" });
  again.focus();
  fireEvent.click(again);
  await server(() => newest().accept("s2", false));
  await server(() => newest().deliver("live", { seq: 1, time: new Date().toISOString() }, null));
  expect(screen.queryByRole("button", { name: "Try now" })).toBeNull();
  expect(document.activeElement).toBe(screen.getByRole("banner"));
});

test("after an absence the lists are read again, after a recovery they are not", async () => {
  const requests = serve(EMPTY_DESK);
  await openDesk();
  const lists = () => requests.filter(({ path }) => path.startsWith("/api/booking?")).length;
  await waitFor(() => expect(lists()).toBeGreaterThanOrEqual(1));
  const before = lists();
  await server(() => newest().lose());
  await server(() => newest().accept("s1", true));
  expect(lists()).toBe(before);
  await server(() => newest().lose());
  await server(() => newest().accept("s2", false));
  await waitFor(() => expect(lists()).toBe(before + 1));
  await server(() => newest().deliver("reset", { reason: "retention" }, "e.90"));
  await waitFor(() => expect(lists()).toBe(before + 2));
});

test("unread counts stand there before anything happens, and a page that was loaded before an event does not undo it", async () => {
  serve({ ...EMPTY_DESK, "GET /api/chat/conversation": listing([customer(1, { unread: 2, waiting: 1 })], { seq: 5 }) });
  await openDesk();
  expect(await screen.findByText("2 unread messages")).toBeDefined();
  await server(() =>
    newest().deliver(
      "conversation_changed",
      { ...about("u1", { status: "closed" }), by: { _id: "s2", name: "R" } },
      "e.9",
    ),
  );
  await waitFor(() => expect(people()).toEqual([]));
  await act(() => new Promise((done) => setTimeout(done, 400))); // the list is asked for again, and is as old as before
  expect(people()).toEqual([]);
});

test("where more customers wait than a page holds, the server counts what is unread, and again after a change", async () => {
  const waiting = (n: number) => customer(n, { unread: 1, waiting: n });
  const rows = Array.from({ length: 100 }, (_, n) => waiting(n + 1));
  const counted = (unread: number) =>
    listing(rows, { hasMore: true, nextAfter: "w100", counts: { ...COUNTS, unread }, seq: 200 });
  serve({ ...EMPTY_DESK, "GET /api/chat/conversation": counted(140) });
  await openDesk();
  const chat = await screen.findByRole("link", { name: /140 unread conversations/ });
  expect(chat.textContent).toContain("99+");
  expect(screen.getByRole("button", { name: "Unread 140" })).toBeDefined();
  expect(document.title).toContain("(140)");
  serve({ ...EMPTY_DESK, "GET /api/chat/conversation": counted(139) });
  const lastMessage = { id: "m", senderId: "u1", senderName: "", text: "Hi", time: "2026-11-23T10:00:00.000Z" };
  await server(() =>
    newest().deliver("conversation_updated", { ...about("u1"), seq: 8, lastMessage, read: true }, "e.201"),
  );
  expect(await screen.findByRole("button", { name: "Unread 139" })).toBeDefined();
});

test("what is read of a customer whom only a booking has made known changes the count of what is unread", async () => {
  const rows = Array.from({ length: 100 }, (_, n) => customer(n + 1, { unread: 1, waiting: n + 1 }));
  const counted = (unread: number) =>
    listing(rows, { hasMore: true, nextAfter: "w100", counts: { ...COUNTS, unread }, seq: 200 });
  const requests = serve({ ...EMPTY_DESK, "GET /api/chat/conversation": counted(140) });
  await openDesk();
  await screen.findByRole("button", { name: "Unread 140" });
  const asked = () => requests.filter(({ path }) => path.startsWith("/api/chat/conversation")).length;
  const before = asked();
  await server(() => newest().deliver("customer_added", { ...arrival, userId: "u300" }, "e.201"));
  await waitFor(() => expect(asked()).toBeGreaterThan(before)); // as after every payment
  serve({ ...EMPTY_DESK, "GET /api/chat/conversation": counted(139) });
  const lastMessage = { id: "m", senderId: "u300", senderName: "", text: "Hi", time: "2026-11-23T10:00:00.000Z" };
  await server(() =>
    newest().deliver("conversation_updated", { ...about("u300"), seq: 8, lastMessage, read: true }, "e.202"),
  );
  expect(await screen.findByRole("button", { name: "Unread 139" })).toBeDefined();
});

test("filters ask for their own list and show it", async () => {
  const mine = customer(2, { assignee: { _id: "s1", name: "Sumaiya Islam" } });
  const requests = serve({
    ...EMPTY_DESK,
    "GET /api/chat/conversation": listing([customer(3), mine]),
    "GET /api/chat/conversation?filter=closed&unread=false&limit=100": listing([customer(4, { status: "closed" })]),
  });
  await openDesk();
  await waitFor(() => expect(people().map((row) => row.dataset.participant)).toEqual(["u3", "u2"]));
  await userEvent.click(screen.getByRole("button", { name: /^Mine/ }));
  expect(people().map((row) => row.dataset.participant)).toEqual(["u2"]);
  await userEvent.click(screen.getByRole("button", { name: /^Closed/ }));
  await waitFor(() => expect(people().map((row) => row.dataset.participant)).toEqual(["u4"]));
  expect(requests.some(({ path }) => path.includes("filter=mine"))).toBe(true);
});

test("the desk as it opens is the place of the bookings", async () => {
  serve(EMPTY_DESK);
  const { router } = await openDesk();
  const current = () => within(screen.getByRole("navigation", { name: "Main" })).getByRole("link", { current: "page" });
  expect(current().textContent).toBe("Bookings");
  await act(() => router.navigate({ to: "/dashboard", search: { view: "chat" } }));
  expect(current().textContent).toBe("Chat");
});

test("while the pointer moves on the list its rows stay, and what is new waits", async () => {
  serve({ ...EMPTY_DESK, "GET /api/chat/conversation": listing([customer(2), customer(1)]) });
  await openDesk();
  await waitFor(() => expect(people()).toHaveLength(2));
  vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 1 }); // else it comes to rest on a slow machine
  await userEvent.hover(people()[1] as HTMLElement);
  await server(() => newest().deliver("customer_added", arrival, "e.12"));
  expect(people().map((row) => row.dataset.participant)).toEqual(["u2", "u1"]);
  await userEvent.click(await screen.findByRole("button", { name: "1 new" }));
  expect((document.activeElement as HTMLElement).dataset.rows).toBeDefined();
  expect(people().map((row) => row.dataset.participant)).toEqual(["u9", "u2", "u1"]);
});

test("who reads further down the list of conversations stays there when a colleague closes one above", async () => {
  const customers = Array.from({ length: 40 }, (_, n) => customer(40 - n));
  serve({ ...EMPTY_DESK, "GET /api/chat/conversation": listing(customers) });
  await openDesk("/dashboard?view=chat");
  await waitFor(() => expect(people().length).toBeGreaterThan(0));
  const list = people()[0]?.closest("[data-rows]") as HTMLElement;
  list.scrollTop = 20 * 81 + 7;
  fireEvent.scroll(list);
  const closed = { ...about("u39", { status: "closed" }), by: { _id: "s2", name: "R" } };
  await server(() => newest().deliver("conversation_changed", closed, "e.50"));
  await waitFor(() => expect(list.scrollTop).toBe(19 * 81 + 7));
});

test("who dismisses a toast is on the next one, and after the last where they were; each says the whole amount", async () => {
  const rima = { ...arrival, userId: "u8", userName: "Rima", trackingId: "CV-2" };
  const paid: object[] = []; // a slow page may ask again meanwhile
  const page = () => data({ bookings: paid, totalPages: 1, totalItems: paid.length, currentPage: 1 });
  serve({ ...EMPTY_DESK, "GET /api/booking": page, "GET /api/chat/conversation": listing([customer(1)]) });
  await openDesk("/dashboard?view=chat");
  await server(() => {
    paid.push({ ...rima, seq: 13 }, { ...arrival, seq: 12 });
    newest().deliver("customer_added", arrival, "e.12");
    newest().deliver("customer_added", rima, "e.13");
  });
  const box = screen.getByRole("searchbox");
  box.focus();
  const dismiss = (name: string) => screen.getByRole("button", { name: `Dismiss the notice of ${name}` });
  expect(await screen.findByTitle("Tahmid Rahman paid ৳9,600")).toBeDefined();
  await userEvent.click(dismiss("Rima"));
  expect(document.activeElement).toBe(dismiss("Tahmid Rahman"));
  await userEvent.keyboard("{Enter}");
  expect(screen.queryByRole("button", { name: /^Dismiss/ })).toBeNull();
  expect(document.activeElement).toBe(box);
});

test("a row's menu stays while something else scrolls, and goes when its list does", async () => {
  serve({ ...EMPTY_DESK, "GET /api/chat/conversation": listing([customer(1)]) });
  await openDesk("/dashboard?view=chat");
  const row = await screen.findByRole("link", { name: /Customer 1/ });
  fireEvent.contextMenu(row);
  await screen.findByRole("menu");
  fireEvent.scroll(screen.getByRole("navigation", { name: "Main" }));
  expect(screen.getByRole("menu")).toBeDefined();
  fireEvent.scroll(row.closest("[data-rows]") as HTMLElement);
  expect(screen.queryByRole("menu")).toBeNull();
});

test("who has asked for more of the list is in the list when there is no more", async () => {
  serve({
    ...EMPTY_DESK,
    "GET /api/chat/conversation": listing([customer(2)], { hasMore: true, nextAfter: "a2" }),
    "GET /api/chat/conversation?filter=open&unread=false&limit=100&after=a2": listing([customer(1)]),
  });
  await openDesk();
  await userEvent.click(await screen.findByRole("button", { name: "Show more" }));
  await waitFor(() => expect(people()).toHaveLength(2));
  expect((document.activeElement as HTMLElement).dataset.rows).toBeDefined();
});

test("a sign-out elsewhere ends the desk here, and says when and what is safe", async () => {
  serve(EMPTY_DESK);
  await openDesk();
  serve({});
  await server(() => newest().lose("io server disconnect"));
  expect(await screen.findByText(/^Your sign-in ended at \d\d:\d\d\. Nothing is lost/)).toBeDefined();
  expect(alive()).toEqual([]);
});

test("a sign-in that has ended ends the desk also where its socket comes back as a guest's", async () => {
  serve(EMPTY_DESK);
  await openDesk();
  serve({
    "GET /api/booking": refusal(401, "Sign in first"),
    "GET /api/chat/conversation": refusal(401, "Sign in first"),
  });
  await server(() => newest().lose("transport close"));
  await server(() => newest().accept("guest"));
  expect(await screen.findByText(/^Your sign-in ended at \d\d:\d\d\. Nothing is lost/)).toBeDefined();
});

test("leaving the desk closes its socket", async () => {
  serve(EMPTY_DESK);
  const { unmount } = await openDesk();
  const socket = newest();
  unmount();
  expect(socket.disconnects).toBe(1);
  expect(socket.everythingListening).toBe(0);
});

test("a row says for how long somebody waits, also on the next day, and that a file came without words", async () => {
  const time = new Date(Date.now() - 26 * 3_600_000).toISOString();
  const lastMessage = { id: "m1", seq: 9, senderId: "u1", senderName: "Customer 1", text: "", time };
  serve({ ...EMPTY_DESK, "GET /api/chat/conversation": listing([customer(1, { lastMessage, waitingSince: time })]) });
  await openDesk("/dashboard?view=chat");
  await waitFor(() => expect(people()).toHaveLength(1));
  expect(people()[0]?.textContent).toContain("Waits 26 h");
  expect(people()[0]?.textContent).toContain("Attachment");
});

test("ages are told by the server's clock, however wrong that of the laptop is", async () => {
  const wrong = 5 * 3_600_000;
  const ago = (minutes: number) => new Date(Date.now() - wrong - minutes * 60_000).toISOString();
  const lastMessage = { id: "m", senderId: "u1", senderName: "Nusrat", text: "Hi", time: ago(12) };
  const waiting = customer(1, { lastMessage, unread: 1, waiting: 1, waitingSince: ago(12) });
  const paid = { ...arrival, seq: 1, createdAt: ago(30) };
  const bookings = data({ bookings: [paid], totalPages: 1, totalItems: 1, currentPage: 1 });
  const desk = { ...EMPTY_DESK, "GET /api/booking": bookings, "GET /api/chat/conversation": listing([waiting]) };
  serve(desk);
  await openDesk();
  await server(() => newest().deliver("live", { seq: 1, time: ago(0) }, null));
  await waitFor(() => expect(people()[0]?.textContent).toContain("Waits 12 min"), SOON);
  expect(within(people()[0] as HTMLElement).getByText("12 min")).toBeDefined();
  expect(rows()[0]?.textContent).toContain("30 min");
  serve({ ...desk, "GET /api/booking": () => new Promise(() => {}) }); // it is read again, and has no such booking here
  await server(() => newest().deliver("customer_added", { ...arrival, trackingId: "CV-2" }, "e.2"));
  expect(rows()[0]?.textContent).toMatch(/now|· \d s/); // some seconds, and no five hours, where the machine is busy
});
