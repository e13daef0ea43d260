import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import { type Ack, Connection } from "@/lib/socket/connection";
import { setBack } from "@/testing/desk";
import { type Reply, refusal, serve } from "@/testing/fake-server";
import { newest } from "@/testing/fake-socket";
import type { Message } from "./conversation";
import { useConversation } from "./use-conversation";
import { useMessageStatus } from "./use-message-status";

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
  return renderHook(() => useConversation(connection, "u1", { _id: "s1" }), { wrapper }).result;
}

async function joined(answer: Ack = { ok: true }) {
  asked("join_room").at(-1)?.answer(answer);
  await pass();
}

test("after a reset it is joined and read anew, and what is no longer there goes", async () => {
  serve({ "GET /api/chat/message": history(false, 5, 6) });
  const page = await open();
  expect(page.current.conversation.messages.map(({ seq }) => seq)).toEqual([5, 6]);
  serve({ "GET /api/chat/message": history(false, 5) });
  newest().deliver("reset", { reason: "epoch" });
  await pass();
  expect(asked("join_room")).toHaveLength(2);
  await joined();
  expect(page.current.conversation.messages.map(({ seq }) => seq)).toEqual([5]);
});

test.each([
  ["too long an absence", () => newest().lose()],
  ["a reset", () => newest().deliver("reset", { reason: "epoch" })],
])("what comes after %s and before the page leaves no hole, and is not lost", async (_, begin) => {
  serve({ "GET /api/chat/message": history(true, 5, 6) });
  const page = await open();
  const answers: ((reply: Reply) => void)[] = [];
  serve({ "GET /api/chat/message": () => new Promise<Reply>((done) => answers.push(done)) });
  act(begin);
  if (!newest().connected) await accept("b");
  await pass();
  await joined();
  newest().deliver("receive_message", row(61), "e.61");
  newest().deliver("receive_message", row(62), "e.62");
  await pass();
  answers[0]?.(history(true, 60, 61));
  await pass();
  expect(page.current.conversation.messages.map(({ seq }) => seq)).toEqual([60, 61, 62]);
});

test.each([
  ["before", 0],
  ["after", 1],
])("older messages asked for %s the page after an absence leave no hole behind what it holds", async (_, older) => {
  serve({ "GET /api/chat/message": history(true, 5, 6) });
  const page = await open();
  const answers: ((reply: Reply) => void)[] = [];
  serve({ "GET /api/chat/message": () => new Promise<Reply>((done) => answers.push(done)) });
  if (older === 0) act(() => page.current.loadOlder());
  act(() => newest().lose());
  await accept("b");
  await joined();
  if (older === 1) act(() => page.current.loadOlder());
  expect(answers).toHaveLength(2);
  answers[1 - older]?.(history(true, 60, 61));
  await pass();
  answers[older]?.(history(false, 3, 4));
  await pass();
  expect(page.current.conversation.messages.map(({ seq }) => seq)).toEqual([60, 61]);
  expect(page.current.conversation.hasMore).toBe(true);
});

test("only what is said of this conversation is shown in it, a note as a note", async () => {
  serve({ "GET /api/chat/message": history(false, 5) });
  const page = await open();
  newest().deliver("receive_message", { ...row(6), roomId: "u2" }, "e.6");
  newest().deliver("message_status", { roomId: "u2", by: "customer", delivered: 9, seen: 9 });
  newest().deliver("note_added", { ...row(7), senderId: "s2" }, "e.7");
  newest().deliver("receive_message", { ...row(8), senderId: "s2" }, "e.8");
  await pass();
  const shown = page.current.conversation.messages.map(({ seq, note, status }) => [seq, note, status]);
  expect(shown).toEqual([
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
  expect(page.current.conversation.messages.map(({ seq }) => seq)).toEqual([5]);
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
  expect(page.current.conversation.messages.map(({ seq }) => seq)).toEqual([5, 7]);
});

test("what could not be read is no matter any more once the connection is back, though nothing was missed", async () => {
  const answers = { "GET /api/chat/message?roomId=u1": history(true, 5) };
  serve({ ...answers, "GET /api/chat/message?roomId=u1&before=5": refusal(503, "Not at the moment.") });
  const page = await open();
  act(() => page.current.loadOlder());
  await pass();
  expect(page.current.error).toBe("Not at the moment.");
  act(() => newest().lose());
  await accept("b", true);
  await joined();
  expect(page.current.error).toBeNull();
});

test("where it could not be joined the page says so, and it is asked for again by itself", async () => {
  serve({ "GET /api/chat/message": history(false, 5) });
  const page = await open({ ok: false, error: "The store does not answer.", code: "unavailable" });
  expect(page.current.conversation.messages.map(({ seq }) => seq)).toEqual([5]);
  expect(page.current.error).toBe("The store does not answer.");
  await pass(5_000);
  expect(asked("join_room")).toHaveLength(2);
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
  const answers: ((reply: Reply) => void)[] = [];
  serve({ "GET /api/chat/message": () => new Promise<Reply>((done) => answers.push(done)) });
  const page = await open();
  expect(answers).toHaveLength(2); // as it was shown, and behind the joining
  answers[1]?.(history(false, 5));
  await pass();
  answers[0]?.(refusal(503, "Not at the moment."));
  await pass();
  expect([page.current.error, page.current.conversation.messages.length]).toEqual([null, 1]);
});

test("who joined over a connection that is gone is not in the room of the next for it", async () => {
  const answers: ((reply: Reply) => void)[] = [];
  serve({ "GET /api/chat/message": () => new Promise<Reply>((done) => answers.push(done)) });
  await open();
  act(() => newest().lose());
  await accept("b");
  for (const answer of answers) answer(history(false, 5)); // also what was asked for over the first
  await pass();
  act(() => newest().lose());
  asked("join_room")[1]?.fail(new Error("disconnected"));
  await pass();
  await accept("b", true);
  expect(asked("join_room")).toHaveLength(3);
});

test("a conversation that is not for this person is not asked for again", async () => {
  serve({ "GET /api/chat/message": refusal(403, "Not yours.") });
  const page = await open({ ok: false, error: "Not yours.", code: "forbidden" });
  await pass(20_000);
  expect([page.current.error, asked("join_room").length]).toEqual(["Not yours.", 1]);
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

test("after a restored backup what comes is told, though higher numbers were told before", async () => {
  const connection = connected();
  const of = (...seqs: number[]) => seqs.map((seq) => ({ senderId: "u1", note: false, seq })) as Message[];
  const { result, rerender } = renderHook(({ messages }) => useMessageStatus(connection, "u1", "s1", messages), {
    initialProps: { messages: of(5, 90) },
  });
  act(() => result.current(90));
  await accept("a");
  const told = () => asked("message_status").map(({ payload }) => payload);
  expect(told()).toEqual([{ roomId: "u1", delivered: 90, seen: 90 }]);
  asked("message_status")[0]?.answer({ ok: true });
  await pass(1_100);
  rerender({ messages: of(5) });
  rerender({ messages: of(5, 6) });
  act(() => result.current(6));
  asked("message_status")[1]?.answer({ ok: true });
  await pass(1_100);
  expect(told().at(-1)).toEqual({ roomId: "u1", delivered: 6, seen: 6 });
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

test("what has arrived is told until the server has taken it, and again to the next connection", async () => {
  const connection = connected();
  const messages = [{ senderId: "u1", note: false, seq: 5 }] as Message[];
  renderHook(() => useMessageStatus(connection, "u1", "s1", messages));
  await accept("a");
  const told = () => asked("message_status").map(({ payload }) => payload);
  expect(told()).toEqual([{ roomId: "u1", delivered: 5, seen: 0 }]);
  asked("message_status")[0]?.answer({ ok: false, error: "Not at the moment.", code: "unavailable" });
  await pass(1_100);
  expect(told()).toHaveLength(2);
  asked("message_status")[1]?.answer({ ok: true });
  await pass(2_100);
  expect(told()).toHaveLength(2);
  act(() => newest().lose());
  await accept("b", true);
  expect(told()).toHaveLength(3);
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
    expect(page.current.conversation.messages.map(({ seq }) => seq)).toEqual([5]);
  },
);
