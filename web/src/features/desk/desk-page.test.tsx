import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { REST } from "@/lib/socket/frames";
import { data, serve } from "@/testing/fake-server";
import { alive, newest, opened } from "@/testing/fake-socket";
import { show } from "@/testing/show";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

const staff = { _id: "s1", name: "Sumaiya Islam", email: null, role: "admin" };
const arrival = {
  userId: "u9",
  userEmail: "tahmid@mail.example",
  userName: "Tahmid Rahman",
  serviceName: "Post Surgery Care",
  trackingId: "CV-7KQ4M2XA",
  amountPaid: "9600",
  amount: 960_000,
  currency: "bdt",
};
const nobody = { image: null, lastLoginAt: null, status: "open", assignee: null, unread: 0, waiting: null };
const customer = (n: number, change: object = {}) => ({
  ...{ _id: `u${n}`, firstName: "Customer", lastName: String(n), email: "", lastMessage: null, waitingSince: null },
  ...{ ...nobody, activity: n, seq: n, ...change },
});
/** A page of the list of conversations. */
function listing(rows: object[] = [], beside: object = {}) {
  const counts = { open: rows.length, mine: 0, unassigned: rows.length, closed: 0, unread: 0 };
  return {
    body: { success: true, message: "ok", data: rows, hasMore: false, nextAfter: null, counts, seq: 0, ...beside },
  };
}
/** What both events of a conversation say. */
const about = (roomId: string, change: object = {}) => ({
  ...{ roomId, userName: "Nusrat Jahan", userEmail: "", status: "open", assignee: null, unread: 0 },
  ...{ waiting: null, waitingSince: null, activity: 8, ...change },
});
const EMPTY_DESK = {
  "GET /api/session": data({ user: staff }),
  "GET /api/booking": data({ bookings: [], totalPages: 1, totalItems: 0, currentPage: 1 }),
  "GET /api/chat/conversation": listing(),
  "GET /api/chat/staff": data([{ _id: "s1", name: "Sumaiya Islam" }]),
  "GET /api/chat/message": data([]),
};
/** The server says something, and the frame in which it is drawn is over: a rest after the one before, at the latest. */
const server = (change: () => unknown) =>
  act(async () => {
    await change();
    await new Promise((rested) => setTimeout(rested, REST));
    await new Promise(requestAnimationFrame);
  });
const rows = () => [...document.querySelectorAll<HTMLElement>("[data-booking]")];
const people = () => [...document.querySelectorAll<HTMLElement>("[data-participant]")];
/** A page of a list of so many bookings. */
const listed = (totalItems: number, ...seqs: number[]) =>
  data({
    bookings: seqs.map((seq) => ({ ...arrival, trackingId: `CV-${seq}`, seq })),
    ...{ totalPages: Math.ceil(totalItems / 2), totalItems, currentPage: 1 },
  });
const SOON = { timeout: 4_000 };

/** What the page said by this name, each time's first argument. */
const said = (name: string) =>
  newest()
    .said.filter((event) => event.name === name)
    .map((event) => event.args[0]);

async function openDesk(address = "/dashboard") {
  const view = await show(address);
  await waitFor(() => expect(alive()).toHaveLength(1));
  await server(() => undefined); // the page has listened before any server can answer
  if (address.includes("with=")) await screen.findByRole("textbox", { name: "Message" }); // a part that is loaded by itself
  await server(() => newest().accept("s1"));
  return view;
}

test("a customer is told whose desk it is, and no socket is opened", async () => {
  serve({ "GET /api/session": data({ user: { ...staff, role: "user" } }) });
  await show("/dashboard");
  expect(await screen.findByText("Only staff can open the desk. You are signed in as a customer.")).toBeDefined();
  expect(opened).toEqual([]);
});

test("nobody is shown the way in", async () => {
  serve({});
  await show("/dashboard");
  const main = await screen.findByRole("main");
  const link = await within(main).findByRole("link", { name: "Sign in" });
  expect(link.getAttribute("href")).toBe("/login?next=%2Fdashboard");
});

test("an empty desk offers a test booking in development only", async () => {
  const requests = serve({ ...EMPTY_DESK, "POST /api/simulate": data({ trackingId: "CV-1" }) });
  await openDesk();
  await userEvent.click((await screen.findAllByRole("button", { name: "Play a test booking" }))[0] as HTMLElement);
  expect(requests).toContainEqual({ method: "POST", path: "/api/simulate", body: {} });
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

test("production has no test booking", async () => {
  serve({ ...EMPTY_DESK, "GET /config.json": { body: { socketUrl: "", env: "production", guestSockets: false } } });
  await openDesk();
  expect(await screen.findByText(/No bookings yet/)).toBeDefined();
  expect(screen.queryByRole("button", { name: "Play a test booking" })).toBeNull();
});

test("a paid booking is on the screen at once, once, and its customer is among the people, once", async () => {
  serve(EMPTY_DESK);
  await openDesk();
  await server(() => {
    newest().deliver("customer_added", arrival, "e.12");
    newest().deliver("customer_added", arrival, "e.12");
    newest().deliver("customer_added", { ...arrival, trackingId: "CV-2" }, "e.13");
  });
  expect(rows().map((row) => row.dataset.booking)).toEqual(["CV-2", "CV-7KQ4M2XA"]);
  expect(within(rows()[0] as HTMLElement).getByText("৳9,600")).toBeDefined();
  expect(people().map((row) => row.dataset.participant)).toEqual(["u9"]);
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
      ...{ emittedAt: "2026-11-23T12:00:00.403Z", shownAt: desk.shownAt, desks: [desk] },
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
  expect(
    within(screen.getByRole("list", { name: "On whose screen" })).getByText(/^Sumaiya Islam, tab abcdef, /),
  ).toBeDefined();
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

test("after an absence the lists are read again, after a recovery they are not", async () => {
  const requests = serve(EMPTY_DESK);
  await openDesk();
  const lists = () => requests.filter(({ path }) => path.startsWith("/api/booking")).length;
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

test("a conversation is joined, read, and answered over the one socket", async () => {
  const row = {
    id: "c1",
    roomId: "u9",
    senderId: "u9",
    senderName: "Tahmid Rahman",
    text: "Who will come?",
    status: "sent",
  };
  serve({ ...EMPTY_DESK, "GET /api/chat/message": data([{ ...row, time: "2026-11-23T10:00:00.000Z", seq: 5 }]) });
  await openDesk("/dashboard?view=chat&with=u9");
  const joined = newest().asked.find(({ name }) => name === "join_room");
  expect(joined?.payload).toBe("u9");
  await server(() => joined?.answer({ ok: true }));
  expect(await screen.findByText("Who will come?")).toBeDefined();
  await server(() =>
    newest().deliver("receive_message", { ...row, id: "c2", text: "Hello?", time: "2026-11-23T10:01:00.000Z" }, "e.6"),
  );
  const fresh = screen.getByRole("log", { name: "New messages" });
  expect(within(fresh).getByText("Hello?")).toBeDefined();
  expect(within(fresh).queryByText("Who will come?")).toBeNull();

  await userEvent.type(screen.getByLabelText("Message"), "Ayesha comes{Enter}");
  const sent = newest().asked.find(({ name }) => name === "send_message");
  expect(sent).toMatchObject({ payload: { roomId: "u9", text: "Ayesha comes" } });
  expect(screen.getByText("Sending…")).toBeDefined();
  await server(() => sent?.answer({ ok: true, seq: 7, time: "2026-11-23T10:02:00.000Z" }));
  expect(screen.queryByText("Sending…")).toBeNull();
  expect(within(fresh).getByText("Ayesha comes")).toBeDefined();
  expect(alive()).toHaveLength(1);
});

test("who types is named, and unread messages of others are counted", async () => {
  serve(EMPTY_DESK);
  await openDesk("/dashboard?view=chat&with=u9");
  await server(() => {
    newest().deliver("user_typing", "Tahmid Rahman", { room: "u9", userId: "u9" });
    newest().deliver("user_typing", "Somebody", { room: "u1", userId: "u1" });
    const lastMessage = { id: "m", senderId: "u1", senderName: "Nusrat", text: "Hi", time: "2026-11-23T10:00:00.000Z" };
    newest().deliver(
      "conversation_updated",
      { ...about("u1", { unread: 3, waiting: 8 }), seq: 8, lastMessage, read: false },
      "e.9",
    );
  });
  expect(screen.getByText("Tahmid Rahman is typing")).toBeDefined();
  expect(people().map((row) => row.dataset.participant)).toEqual(["u1"]);
  expect(screen.getByText("3 unread messages")).toBeDefined();
});

test("what comes into the open conversation is read where it is looked at, and in a tab in the background later", async () => {
  const visibility = vi.spyOn(document, "visibilityState", "get").mockReturnValue("visible");
  serve(EMPTY_DESK);
  await openDesk("/dashboard?view=chat&with=u9");
  const lastMessage = { id: "m", senderId: "u9", senderName: "", text: "Hi", time: "2026-11-23T10:00:00.000Z" };
  const update = (seq: number, unread: number, read: boolean) => ({
    ...about("u9", { unread, activity: seq }),
    ...{ seq, lastMessage, read },
  });
  await server(() => newest().deliver("conversation_updated", update(8, 1, false), "e.9"));
  await waitFor(() => expect(said("mark_read")).toEqual([{ roomId: "u9", seq: 8 }]));
  await server(() => newest().deliver("conversation_updated", update(8, 0, true), "e.10"));
  await waitFor(() => expect(screen.queryByText("1 unread message")).toBeNull());

  visibility.mockReturnValue("hidden");
  await server(() => document.dispatchEvent(new Event("visibilitychange")));
  await server(() => newest().deliver("conversation_updated", update(11, 1, false), "e.12"));
  await server(() => newest().lose());
  await server(() => newest().accept("s2"));
  expect(said("mark_read")).toHaveLength(1);
  expect(screen.getAllByText("1 unread message").length).toBeGreaterThan(0);
  visibility.mockReturnValue("visible");
  await server(() => document.dispatchEvent(new Event("visibilitychange")));
  expect(said("mark_read").at(-1)).toEqual({ roomId: "u9", seq: 11 });
  visibility.mockRestore();
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

test("while the pointer rests on the list its rows stay, and what is new waits", async () => {
  serve({ ...EMPTY_DESK, "GET /api/chat/conversation": listing([customer(2), customer(1)]) });
  await openDesk();
  await waitFor(() => expect(people()).toHaveLength(2));
  await userEvent.hover(people()[1] as HTMLElement);
  await server(() => newest().deliver("customer_added", arrival, "e.12"));
  expect(people().map((row) => row.dataset.participant)).toEqual(["u2", "u1"]);
  await userEvent.click(screen.getByRole("button", { name: "1 new" }));
  expect(people().map((row) => row.dataset.participant)).toEqual(["u9", "u2", "u1"]);
});

test("a search shows people and messages, and a message opens its conversation at itself", async () => {
  const found = {
    ...{ id: "m", seq: 7, roomId: "u2", userName: "Rima Akter", senderId: "u2", senderName: "Rima Akter" },
    ...{ text: "বুকিং বাতিল", time: "2026-11-23T10:00:00.000Z" },
  };
  const requests = serve({ ...EMPTY_DESK, "GET /api/chat/search": data({ people: [], messages: [found] }) });
  const { router } = await openDesk();
  await userEvent.click(screen.getByRole("searchbox"));
  await userEvent.paste("বুকিং");
  await userEvent.click(await screen.findByText("বুকিং বাতিল"));
  const asked = requests.filter(({ path }) => path.startsWith("/api/chat/search")).map(({ path }) => path);
  expect(new Set(asked)).toEqual(new Set([`/api/chat/search?${new URLSearchParams({ q: "বুকিং" })}`]));
  expect(router.state.location.search).toEqual({ view: "chat", with: "u2", at: 7 });
});

test("a conversation is assigned and closed with what was seen, and shows the answer at once", async () => {
  const lastMessage = { id: "m", seq: 8, senderId: "u9", senderName: "", text: "Hi", time: "2026-11-23T10:00:00.000Z" };
  const row = customer(9, { lastMessage });
  const requests = serve({
    ...EMPTY_DESK,
    "GET /api/chat/conversation": listing([row]),
    "POST /api/chat/conversation": data({ ...row, status: "closed", seq: 12 }),
  });
  await openDesk("/dashboard?view=chat&with=u9");
  await screen.findByRole("option", { name: "Sumaiya Islam (you)" });
  await userEvent.selectOptions(screen.getByLabelText("Assigned to"), "s1");
  await userEvent.click(await screen.findByRole("button", { name: "Open again" }));
  const sent = requests.filter(({ method }) => method === "POST").map(({ body }) => body);
  expect(sent).toEqual([
    { roomId: "u9", assignee: "s1" },
    { roomId: "u9", status: "open" },
  ]);
});

test("a draft is kept by conversation and found again", async () => {
  localStorage.clear();
  serve({ ...EMPTY_DESK, "GET /api/chat/conversation": listing([customer(2), customer(1)]) });
  const { unmount } = await openDesk("/dashboard?view=chat&with=u1");
  await userEvent.type(screen.getByLabelText("Message"), "Ayesha");
  expect(screen.getByText("Draft:")).toBeDefined();
  unmount();
  opened.length = 0;
  await openDesk("/dashboard?view=chat&with=u1");
  expect((screen.getByLabelText("Message") as HTMLTextAreaElement).value).toBe("Ayesha");
  localStorage.clear();
});

test("a sign-out elsewhere ends the desk here", async () => {
  serve(EMPTY_DESK);
  await openDesk();
  serve({});
  await server(() => newest().lose("io server disconnect"));
  expect(await screen.findByText("Only staff can open the desk. Sign in to go on.")).toBeDefined();
  expect(alive()).toEqual([]);
});

test("leaving the desk closes its socket", async () => {
  serve(EMPTY_DESK);
  const { unmount } = await openDesk();
  const socket = newest();
  unmount();
  expect(socket.disconnects).toBe(1);
  expect(socket.everythingListening).toBe(0);
});
