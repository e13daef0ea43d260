import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { Connection } from "@/lib/socket/connection";
import { newest } from "@/testing/fake-socket";
import type { Message } from "./conversation";
import { useMessageStatus } from "./use-message-status";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));
beforeEach(() => {
  vi.useFakeTimers();
});

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
const asked = (name: string) => newest().asked.filter((one) => one.name === name);
const accept = (id: string, recovered = false) => act(() => newest().accept(id, recovered));

function connected(): Connection {
  const connection = new Connection({ url: "http://desk.example" });
  connection.open();
  return connection;
}

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
