import { act, renderHook } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { Connection, ConnectionEvent, Listener } from "@/lib/socket/connection";
import { useAway } from "./use-away";

test("an absence begins with the last sign of life, not when the dead socket is closed", () => {
  vi.useFakeTimers();
  const listeners: Listener[] = [];
  const connection = { subscribe: (one: Listener) => void listeners.push(one) } as unknown as Connection;
  const { result } = renderHook(() => useAway(connection, 7));
  const after = (ms: number, event: ConnectionEvent) =>
    act(() => {
      vi.advanceTimersByTime(ms);
      for (const tell of listeners) tell(event);
    });
  const live: ConnectionEvent = { type: "received", name: "live", args: [{ seq: 9 }], seq: null };
  after(1_000, { type: "connected", id: "a", recovered: false });
  after(1_000, live);
  after(8_000, { type: "disconnected", reason: "transport close" });
  after(6_000, { type: "connected", id: "b", recovered: true });
  after(500, live);
  expect(result.current).toEqual({ after: 7, upto: 9, lapse: 14_000 });
});
