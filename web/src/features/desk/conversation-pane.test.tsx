import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, onTestFinished, test, vi } from "vitest";
import { about, arrival, customer, EMPTY_DESK, listing, openDesk, people, said, server } from "@/testing/desk";
import { data, type Reply, refusal, serve } from "@/testing/fake-server";
import { alive, newest, opened } from "@/testing/fake-socket";
import { show } from "@/testing/show";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

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

test("what is written before the page knows where to connect stays in the field until it can be sent", async () => {
  let say = (_: Reply) => {};
  const answer = new Promise<Reply>((done) => {
    say = done;
  });
  serve({ ...EMPTY_DESK, "GET /config.json": () => answer });
  await show("/dashboard?view=chat&with=u9");
  const field = await screen.findByRole("textbox", { name: "Message" });
  await userEvent.type(field, "Hello{Enter}");
  expect(field).toMatchObject({ value: "Hello" });
  await server(() => say({ body: { socketUrl: "" } }));
  await userEvent.type(field, "{Enter}");
  expect(field).toMatchObject({ value: "" });
  expect(screen.getByText("Hello")).toBeDefined();
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
  await waitFor(() => expect(people().map((row) => row.dataset.participant)).toEqual(["u1"]));
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
  const again = await screen.findByRole("button", { name: "Open again" });
  await userEvent.click(again);
  expect(document.activeElement).toBe(again);
  const sent = requests.filter(({ method }) => method === "POST").map(({ body }) => body);
  expect(sent).toEqual([
    { roomId: "u9", assignee: "s1" },
    { roomId: "u9", status: "open" },
  ]);
});

test("as soon as midnight has passed, what was written before it is yesterday's", async () => {
  const row = {
    id: "c1",
    roomId: "u9",
    senderId: "u9",
    senderName: "Rima",
    text: "Good night",
    status: "sent",
    seq: 5,
  };
  serve({ ...EMPTY_DESK, "GET /api/chat/message": data([{ ...row, time: new Date().toISOString() }]) });
  await openDesk("/dashboard?view=chat&with=u9");
  expect(await screen.findByText("Today")).toBeDefined();
  const now = Date.now.bind(Date);
  const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + 86_400_000);
  onTestFinished(() => clock.mockRestore());
  expect(await screen.findByText("Yesterday")).toBeDefined();
});

test("who goes back to the list by its arrow does not come to the conversation again by the browser's way back", async () => {
  serve({ ...EMPTY_DESK, "GET /api/chat/conversation": listing([customer(9)]) });
  const { router } = await openDesk("/dashboard?view=chat");
  await userEvent.click(await screen.findByRole("link", { name: /Customer 9/ }));
  await userEvent.click(await screen.findByRole("link", { name: "Back to the list" }));
  await waitFor(() => expect(router.state.location.search).toEqual({ view: "chat" }));
  await act(() => router.history.back());
  await waitFor(() => expect(router.state.location.search).toEqual({ view: "chat" }));
});

test("a conversation whose server died while it was joined is joined and read again once the server is there", async () => {
  const row = { id: "c1", roomId: "u9", senderId: "u9", senderName: "Tahmid Rahman", status: "sent" };
  const spoken = { ...row, text: "Who will come?", time: "2026-11-23T10:00:00.000Z", seq: 5 };
  serve({ ...EMPTY_DESK, "GET /api/chat/message": data([spoken]) });
  await openDesk("/dashboard?view=chat&with=u9");
  expect(await screen.findByText("Who will come?")).toBeDefined();
  const joins = () => newest().asked.filter(({ name }) => name === "join_room");
  serve({ ...EMPTY_DESK, "GET /api/chat/message": refusal(502, "Nobody answers.") });
  await server(() => newest().lose());
  await server(() => joins().at(-1)?.fail(new Error("socket has been disconnected")));
  expect(await screen.findByText("Nobody answers.")).toBeDefined();

  const before = joins().length;
  serve({ ...EMPTY_DESK, "GET /api/chat/message": data([spoken, { ...spoken, id: "c2", text: "Hello?", seq: 6 }]) });
  await server(() => newest().accept("s1", true));
  expect(joins()).toHaveLength(before + 1);
  await server(() => joins().at(-1)?.answer({ ok: true }));
  expect(await screen.findByText("Hello?")).toBeDefined();
  expect(screen.queryByText("Nobody answers.")).toBeNull();

  await server(() => newest().lose());
  await server(() => newest().accept("s1", true));
  expect(joins()).toHaveLength(before + 1); // a recovery brings what was missed, and nothing is asked for
});

test("a conversation that was read before is there again when it is opened, though the server does not answer", async () => {
  const row = { id: "c1", roomId: "u9", senderId: "u9", senderName: "Tahmid Rahman", status: "sent" };
  const spoken = { ...row, text: "Who will come?", time: "2026-11-23T10:00:00.000Z", seq: 5 };
  serve({ ...EMPTY_DESK, "GET /api/chat/message": data([spoken]) });
  const { router } = await openDesk("/dashboard?view=chat&with=u9");
  expect(await screen.findByText("Who will come?")).toBeDefined();
  await act(() => router.navigate({ to: "/dashboard", search: {} }));
  serve({ ...EMPTY_DESK, "GET /api/chat/message": refusal(502, "Nobody answers.") });
  await server(() => newest().lose());
  await act(() => router.navigate({ to: "/dashboard", search: { view: "chat", with: "u9" } }));
  expect(await screen.findByText("Nobody answers.")).toBeDefined();
  expect(screen.getByText("Who will come?")).toBeDefined();
});

test("a conversation that is opened again goes on telling what has arrived in it", async () => {
  const row = { roomId: "u9", senderId: "u9", senderName: "Tahmid Rahman", status: "sent" };
  const first = { ...row, id: "c1", text: "Who will come?", time: "2026-11-23T10:00:00.000Z", seq: 5 };
  serve({ ...EMPTY_DESK, "GET /api/chat/message": data([first]) });
  const { router } = await openDesk("/dashboard?view=chat&with=u9");
  expect(await screen.findByText("Who will come?")).toBeDefined();
  await act(() => router.navigate({ to: "/dashboard", search: {} }));
  await act(() => router.navigate({ to: "/dashboard", search: { view: "chat", with: "u9" } }));
  const next = { ...row, id: "c2", text: "Hello?", time: "2026-11-23T10:01:00.000Z" };
  await server(() => newest().deliver("receive_message", next, "e.6"));
  const told = () => newest().asked.filter(({ name }) => name === "message_status");
  await waitFor(() => expect(told().at(-1)?.payload).toMatchObject({ roomId: "u9", delivered: 6 }));
});

test("what had failed to load is asked for again once the server is there", async () => {
  serve({ ...EMPTY_DESK, "GET /api/chat/conversation": refusal(502, "Nobody answers.") });
  await openDesk();
  expect(await screen.findByText(/Nobody answers\./)).toBeDefined();
  serve({ ...EMPTY_DESK, "GET /api/chat/conversation": listing([customer(1)]) });
  await server(() => newest().lose());
  await server(() => newest().accept("s1", true));
  await waitFor(() => expect(people()).toHaveLength(1));
});

test("messages wait for the payments among them, though not for long", async () => {
  const row = { id: "c1", roomId: "u9", senderId: "u9", senderName: "Tahmid Rahman", status: "sent" };
  const spoken = { ...row, text: "Who will come?", time: "2026-11-23T10:00:00.000Z", seq: 5 };
  const known = { ...EMPTY_DESK, "GET /api/chat/message": data([spoken]), "GET /api/payment": data({ payments: [] }) };
  const own = "GET /api/booking?userId=u9&limit=100";
  let tell: (reply: ReturnType<typeof data>) => void = () => {};
  const patience: (() => void)[] = []; // it ends when the test says so: a slow machine opens no page in two seconds
  const later = setTimeout;
  vi.stubGlobal("setTimeout", (run: () => void, ms?: number) => (ms === 2_000 ? patience.push(run) : later(run, ms)));
  serve({ ...known, [own]: () => new Promise((told) => (tell = told)) });
  const { unmount } = await openDesk("/dashboard?view=chat&with=u9");
  expect(screen.queryByText("Who will come?")).toBeNull();
  await server(() => tell(data({ bookings: [] })));
  expect(await screen.findByText("Who will come?")).toBeDefined();
  unmount();

  opened.length = 0;
  serve({ ...known, [own]: () => new Promise(() => {}) });
  await openDesk("/dashboard?view=chat&with=u9");
  expect(screen.queryByText("Who will come?")).toBeNull();
  act(() => {
    for (const end of patience) end();
  });
  expect(screen.getByText("Who will come?")).toBeDefined();
});

test("what was paid in the same second stands in the order in which it came", async () => {
  const paid = { ...arrival, createdAt: "2026-11-23T10:00:00.000Z", status: "booked", amount: 960_000, seq: 5 };
  const bookings = [
    { ...paid, trackingId: "CV-SECOND" },
    { ...paid, trackingId: "CV-FIRST" },
  ];
  serve({
    ...EMPTY_DESK,
    "GET /api/payment": data({ payments: [] }),
    "GET /api/booking?userId=u9&limit=100": data({ bookings }),
  });
  await openDesk("/dashboard?view=chat&with=u9");
  const stream = await screen.findByRole("list", { name: "Earlier messages" });
  const cards = await within(stream).findAllByText(/CV-(FIRST|SECOND)/);
  expect(cards.map((card) => /CV-\w+/.exec(card.textContent ?? "")?.[0])).toEqual(["CV-FIRST", "CV-SECOND"]);
});

test("what has just been paid stands above what was said after it, also on a laptop that is five hours ahead", async () => {
  const at = (minutes: number) => new Date(Date.now() - 5 * 3_600_000 + minutes * 60_000).toISOString();
  const row = {
    id: "c1",
    roomId: "u9",
    senderId: "u9",
    senderName: "Tahmid Rahman",
    text: "I have paid.",
    status: "sent",
  };
  let bookings: object[] = [];
  serve({
    ...EMPTY_DESK,
    "GET /api/payment": data({ payments: [] }),
    "GET /api/booking?userId=u9&limit=100": () => data({ bookings }),
  });
  await openDesk("/dashboard?view=chat&with=u9");
  await server(() => newest().deliver("live", { seq: 1, time: at(0) }, null));
  await server(() => {
    bookings = [{ ...arrival, createdAt: at(0) }]; // asked for soon after, on a slow machine before we look
    newest().deliver("customer_added", arrival, "e.2");
    newest().deliver("receive_message", { ...row, time: at(1) }, "e.3");
  });
  expect(within(screen.getByRole("list", { name: "Earlier messages" })).getByText(/CV-7KQ4M2XA/)).toBeDefined();
  expect(within(screen.getByRole("log", { name: "New messages" })).getByText("I have paid.")).toBeDefined();
});
