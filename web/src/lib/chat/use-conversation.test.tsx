import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import { type Ack, Connection } from "@/lib/socket/connection";
import { setBack } from "@/testing/desk";
import { type Reply, refusal, serve } from "@/testing/fake-server";
import { newest } from "@/testing/fake-socket";
import { useConversation } from "./use-conversation";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));
beforeEach(() => {
  vi.useFakeTimers();
});

const row = (seq: number) => ({
  ...{ id: `m${seq}`, roomId: "u1", senderId: "u1", senderName: "Nusrat", text: `no. ${seq}`, seq },
  time: "2026-11-23T10:00:00.000Z",
});
const history = (hasMore: boolean, ...seqs: number[]) => ({
  body: { success: true, message: "ok", data: seqs.map(row), hasMore },
});
const pass = (ms = 100) => act(() => vi.advanceTimersByTimeAsync(ms));
const asked = (name: string) => newest().asked.filter((one) => one.name === name);
const accept = (id: string, recovered = false) => act(() => newest().accept(id, recovered));

function connected(): Connection {
  const connection = new Connection({ url: "http://desk.example" });
  connection.open();
  return connection;
}

/** An open conversation; the server has let it in, or not. */
async function open(answer: Ack = { ok: true }) {
  const result = renderConversation(connected());
  await accept("a");
  await joined(answer);
  return result;
}

function renderConversation(connection: Connection) {
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={new QueryClient()}>{children}</QueryClientProvider>
  );
  return renderHook(() => useConversation(connection, "u1", { _id: "s1", name: "Mina" }), { wrapper }).result;
}

async function joined(answer: Ack = { ok: true }) {
  asked("join_room").at(-1)?.answer(answer);
  await pass();
}

async function comeBack(id: string, recovered = false) {
  act(() => newest().lose());
  await accept(id, recovered);
}

/** What is read from now on waits for these. */
function serveSlowly() {
  const answers: ((reply: Reply) => void)[] = [];
  serve({ "GET /api/chat/message": () => new Promise<Reply>((done) => answers.push(done)) });
  return answers;
}

const shown = (page: Awaited<ReturnType<typeof open>>) => page.current.conversation.messages.map(({ seq }) => seq);

test("after a reset it is joined and read anew, and what is no longer there goes", async () => {
  serve({ "GET /api/chat/message": history(false, 5, 6) });
  const page = await open();
  expect(shown(page)).toEqual([5, 6]);
  serve({ "GET /api/chat/message": history(false, 5) });
  newest().deliver("reset", { reason: "epoch" });
  await pass();
  expect(asked("join_room")).toHaveLength(2);
  await joined();
  expect(shown(page)).toEqual([5]);
});

test.each([
  ["too long an absence", () => newest().lose()],
  ["a reset", () => newest().deliver("reset", { reason: "epoch" })],
])("what comes after %s and before the page leaves no hole, and is not lost", async (_, begin) => {
  serve({ "GET /api/chat/message": history(true, 5, 6) });
  const page = await open();
  const answers = serveSlowly();
  act(begin);
  if (!newest().connected) await accept("b");
  await pass();
  await joined();
  newest().deliver("receive_message", row(61), "e.61");
  newest().deliver("receive_message", row(62), "e.62");
  await pass();
  answers[0]?.(history(true, 60, 61));
  await pass();
  expect(shown(page)).toEqual([60, 61, 62]);
});

test.each([
  ["before", 0],
  ["after", 1],
])("older messages asked for %s the page after an absence leave no hole behind what it holds", async (_, older) => {
  serve({ "GET /api/chat/message": history(true, 5, 6) });
  const page = await open();
  const answers = serveSlowly();
  if (older === 0) act(() => page.current.loadOlder());
  await comeBack("b");
  await joined();
  if (older === 1) act(() => page.current.loadOlder());
  expect(answers).toHaveLength(2);
  answers[1 - older]?.(history(true, 60, 61));
  await pass();
  answers[older]?.(history(false, 3, 4));
  await pass();
  expect(shown(page)).toEqual([60, 61]);
  expect(page.current.conversation.hasMore).toBe(true);
});

test("older messages asked for before a reset do not come back behind it", async () => {
  serve({ "GET /api/chat/message": history(true, 5, 6) });
  const page = await open();
  const answers = serveSlowly();
  act(() => page.current.loadOlder());
  newest().deliver("reset", { reason: "epoch" });
  await pass();
  answers[0]?.(history(false, 3, 4));
  await joined();
  answers[1]?.(history(false, 5));
  await pass();
  expect(shown(page)).toEqual([5]);
});

test("what was heard is known to the page after an absence: what stood before it stays", async () => {
  serve({ "GET /api/chat/message": history(true, 5, 6) });
  const page = await open();
  newest().deliver("receive_message", row(7), "e.7");
  await pass();
  serve({ "GET /api/chat/message": history(true, 7, 8) });
  await comeBack("b");
  await joined();
  expect(shown(page)).toEqual([5, 6, 7, 8]);
});

test("what was sent by who could not join leaves no hole before it", async () => {
  serve({ "GET /api/chat/message": history(true, 5, 6) });
  const page = await open({ ok: false, error: "Not at the moment.", code: "unavailable" });
  act(() => page.current.add(row(61)));
  serve({ "GET /api/chat/message": history(true, 60, 61) });
  await pass(5_000);
  await joined();
  expect(shown(page)).toEqual([60, 61]);
});

test("a page that was read behind the joining over a connection that is gone leaves no hole", async () => {
  serve({ "GET /api/chat/message": history(true, 5, 6) });
  const page = await open();
  const answers = serveSlowly();
  for (const id of ["b", "c"]) {
    await comeBack(id);
    await joined();
  }
  newest().deliver("receive_message", row(61), "e.61");
  answers[0]?.(history(true, 5, 6));
  await pass();
  answers[1]?.(history(true, 60, 61));
  await pass();
  expect(shown(page)).toEqual([60, 61]);
});

test("only what is said of this conversation is shown in it, a note as a note", async () => {
  serve({ "GET /api/chat/message": history(false, 5) });
  const page = await open();
  newest().deliver("receive_message", { ...row(6), roomId: "u2" }, "e.6");
  newest().deliver("message_status", { roomId: "u2", by: "customer", delivered: 9, seen: 9 });
  newest().deliver("note_added", { ...row(7), senderId: "s2" }, "e.7");
  newest().deliver("receive_message", { ...row(8), senderId: "s2" }, "e.8");
  await pass();
  expect(page.current.conversation.messages.map(({ seq, note, status }) => [seq, note, status])).toEqual([
    [5, false, "sent"],
    [7, true, "sent"],
    [8, false, "sent"],
  ]);
});

test("after a reset what is no longer there goes though it could not be read at first", async () => {
  serve({ "GET /api/chat/message": history(false, 5, 6) });
  const page = await open();
  serve({ "GET /api/chat/message": refusal(503, "Not at the moment.") });
  newest().deliver("reset", { reason: "epoch" });
  await pass();
  await joined();
  serve({ "GET /api/chat/message": history(false, 5) });
  await pass(5_000);
  await joined();
  expect(shown(page)).toEqual([5]);
});

test("what comes while it is read anew after a reset stays", async () => {
  serve({ "GET /api/chat/message": history(false, 5, 6) });
  const page = await open();
  const slow = new Promise<ReturnType<typeof history>>((done) => setTimeout(done, 500, history(false, 5)));
  serve({ "GET /api/chat/message": () => slow });
  newest().deliver("reset", { reason: "epoch" });
  await pass();
  await joined();
  act(() => newest().deliver("receive_message", row(7)));
  await pass(1_000);
  expect(shown(page)).toEqual([5, 7]);
});

test("what could not be read is no matter any more once the connection is back, though nothing was missed", async () => {
  const refused = refusal(503, "Not at the moment.");
  serve({ "GET /api/chat/message": history(true, 5), "GET /api/chat/message?roomId=u1&before=5": refused });
  const page = await open();
  act(() => page.current.loadOlder());
  await pass();
  expect(page.current.error).toBe("Not at the moment.");
  await comeBack("b", true);
  await joined();
  expect(page.current.error).toBeNull();
});

test("where it could not be joined the page says so, and it is asked for again by itself", async () => {
  serve({ "GET /api/chat/message": history(false, 5) });
  const page = await open({ ok: false, error: "The store does not answer.", code: "unavailable" });
  expect(shown(page)).toEqual([5]);
  expect(page.current.error).toBe("The store does not answer.");
  await pass(5_000);
  await joined();
  expect(page.current.error).toBeNull();
  await pass(20_000);
  expect(asked("join_room")).toHaveLength(2);
});

test("where it could not be read it is asked for again by itself, also by who has joined", async () => {
  serve({ "GET /api/chat/message": refusal(503, "Not at the moment.") });
  const page = await open();
  expect(page.current.error).toBe("Not at the moment.");
  serve({ "GET /api/chat/message": history(false, 5) });
  await pass(5_000);
  await joined();
  expect([page.current.error, page.current.conversation.messages.length]).toEqual([null, 1]);
});

test("what fails late is no matter where it was read again since", async () => {
  const answers = serveSlowly();
  const page = await open();
  expect(answers).toHaveLength(2); // as it was shown, and behind the joining
  answers[1]?.(history(false, 5));
  await pass();
  answers[0]?.(refusal(503, "Not at the moment."));
  await pass();
  expect([page.current.error, page.current.conversation.messages.length]).toEqual([null, 1]);
});

test("who joined over a connection that is gone is not in the room of the next for it", async () => {
  const answers = serveSlowly();
  await open();
  await comeBack("b");
  for (const answer of answers) answer(history(false, 5)); // also what was asked for over the first
  await pass();
  act(() => newest().lose());
  asked("join_room")[1]?.fail(new Error("disconnected"));
  await pass();
  await accept("b", true);
  expect(asked("join_room")).toHaveLength(3);
});

test("who was in it and is cut off while joining anew is not in it for a recovery", async () => {
  serve({ "GET /api/chat/message": history(false, 5) });
  await open();
  serveSlowly();
  await comeBack("b");
  act(() => newest().lose());
  asked("join_room")[1]?.fail(new Error("disconnected"));
  await accept("c", true);
  expect(asked("join_room")).toHaveLength(3);
});

test.each(["forbidden", "not_found", "unauthorized"])("who is refused as %s asks no more", async (code) => {
  serve({ "GET /api/chat/message": refusal(403, "Not yours.") });
  const page = await open({ ok: false, error: "Not yours.", code });
  await pass(20_000);
  expect([page.current.error, asked("join_room").length]).toEqual(["Not yours.", 1]);
});

test("who could not join asks again once: over the connection that is back, and not when they have closed it", async () => {
  const read = serve({ "GET /api/chat/message": history(false, 5) });
  await open({ ok: false, error: "Not at the moment.", code: "unavailable" });
  await comeBack("b");
  await joined();
  await pass(20_000);
  expect(asked("join_room")).toHaveLength(2);
  await comeBack("c");
  act(() => newest().lose());
  asked("join_room")[2]?.fail(new Error("disconnected"));
  const before = read.length;
  await pass(20_000);
  expect(read.length - before).toBe(1); // and not every five seconds for as long as nothing can be joined
  await accept("d");
  cleanup();
  await joined({ ok: false, error: "Not at the moment.", code: "unavailable" });
  await pass(20_000);
  expect(asked("join_room")).toHaveLength(4);
});

test("who has written types no more, and who views is not known without a connection", async () => {
  serve({ "GET /api/chat/message": history(false) });
  const page = await open();
  newest().deliver("user_typing", "Nusrat", { room: "u1", userId: "u1" });
  newest().deliver("viewers", { room: "u1", viewers: [{ userId: "s2", name: "Rafiq" }] });
  await pass();
  expect([page.current.typing.names, page.current.viewers]).toEqual([["Nusrat"], ["Rafiq"]]);
  newest().deliver("receive_message", row(7), "e.7");
  await pass();
  expect(page.current.typing.names).toEqual([]);
  act(() => newest().lose());
  expect(page.current.viewers).toEqual([]);
});

test("that somebody types is said once in two seconds, and anew for the next message; who closes it has left", async () => {
  serve({ "GET /api/chat/message": history(false) });
  const page = await open();
  const said = (name: string) => newest().said.filter((one) => one.name === name).length;
  const type = () => {
    page.current.sayTyping();
    page.current.sayTyping();
    return said("typing");
  };
  expect(type()).toBe(1);
  expect(newest().said.at(-1)?.args).toEqual([{ userName: "Mina", room: "u1" }]);
  await pass(1_800);
  expect(type()).toBe(1);
  await pass(200);
  expect(type()).toBe(2);
  page.current.doneTyping();
  expect(type()).toBe(3);
  setBack();
  await pass(2_000);
  expect(type()).toBe(4);
  cleanup();
  expect(said("leave_room")).toBe(1);
});

test.each([
  ["while away", async () => open()],
  [
    "while away, where what was said before could not be read",
    async () => {
      const page = await open();
      serve({ "GET /api/chat/message": refusal(503, "Not at the moment.") });
      act(() => page.current.loadOlder());
      await pass();
    },
  ],
  [
    "as the connection is cut during the joining",
    async () => {
      renderConversation(connected());
      await accept("a");
    },
  ],
])(
  "who closes it %s has left it once the connection is back, for a recovery would bring them in again",
  async (_, begin) => {
    serve({ "GET /api/chat/message": history(true, 5) });
    await begin();
    act(() => newest().lose());
    cleanup();
    expect(newest().said.map(({ name, args }) => [name, ...args])).toEqual([["leave_room", "u1"]]);
  },
);

test("who never was in it has nothing to leave", async () => {
  serve({ "GET /api/chat/message": history(false) });
  renderConversation(connected());
  cleanup();
  expect(newest().said).toEqual([]);
});

test.each([
  ["has paid", "customer_added", { userId: "u1" }],
  ["has written", "conversation_updated", { roomId: "u1" }],
])(
  "a conversation that was opened before there was such a customer is there once somebody of that name %s",
  async (_, name, told) => {
    serve({ "GET /api/chat/message": refusal(404, "There is no such conversation.") });
    const page = await open({ ok: false, error: "There is no such conversation.", code: "not_found" });
    expect(page.current.error).toBe("There is no such conversation.");
    serve({ "GET /api/chat/message": history(false, 5) });
    newest().deliver(name, told, "e.5");
    await pass(200);
    expect(asked("join_room")).toHaveLength(2);
    await joined();
    expect(page.current.error).toBeNull();
    expect(shown(page)).toEqual([5]);
    newest().deliver(name, told, "e.6"); // who is in it hears what is said
    await pass(200);
    expect(asked("join_room")).toHaveLength(2);
  },
);
