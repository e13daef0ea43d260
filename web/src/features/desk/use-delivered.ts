// A customer's message is on a device of ours as soon as a desk has heard of it, whichever conversation is open there.
// Told a few rooms at a time, the newest number of each, so that a busy minute stays far below the limit on events.
import { useCallback, useRef } from "react";
import type { Connection } from "@/lib/socket/connection";
import { useTimer } from "@/lib/use-timer";

const EVERY = 250;

export function useDelivered(connection: Connection | null): (roomId: string, seq: number) => void {
  const due = useRef(new Map<string, number>());
  const timer = useTimer();
  const next = useCallback(() => {
    const first = due.current.entries().next().value;
    if (first === undefined) return;
    const [roomId, delivered] = first;
    due.current.delete(roomId);
    connection?.tell("message_status", { roomId, delivered, seen: 0 });
    if (due.current.size > 0) timer.start(next, EVERY);
  }, [connection, timer]);
  return useCallback(
    (roomId: string, seq: number) => {
      due.current.set(roomId, seq);
      if (!timer.running) timer.start(next, EVERY);
    },
    [next, timer],
  );
}
