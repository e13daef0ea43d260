// Tells the server what has arrived here and what was painted in a visible tab: cumulatively, at once when it is new, then
// at most once a second, and again after a reconnect, for what was told before may be lost.
import { useCallback, useEffect, useRef } from "react";
import type { Connection } from "@/lib/socket/connection";
import { useConnectionEvents } from "@/lib/socket/use-connection";
import { useTimer } from "@/lib/use-timer";
import type { Message } from "./conversation";

const EVERY = 1_000;

/** Returns what is to be called with the number of the newest message that is on the screen. */
export function useMessageStatus(
  connection: Connection | null,
  roomId: string,
  myId: string,
  messages: readonly Message[],
): (seq: number) => void {
  const told = useRef({ delivered: 0, seen: 0 });
  const known = useRef({ delivered: 0, seen: 0 });
  const others = useRef<readonly number[]>([]);
  const timer = useTimer();

  const tell = useCallback(async () => {
    const { delivered, seen } = known.current;
    if (timer.running || !connection || connection.snapshot.status !== "connected") return;
    if (delivered === told.current.delivered && seen === told.current.seen) return;
    timer.start(() => void tell(), EVERY);
    const ack = await connection.ask("message_status", { roomId, delivered, seen }).catch(() => null);
    if (ack?.ok) told.current = { delivered, seen };
  }, [connection, roomId, timer]);

  useEffect(() => {
    const isOthers = ({ senderId, note }: Message) => !note && (senderId === roomId) !== (myId === roomId);
    others.current = messages.filter(isOthers).map((message) => message.seq);
    const newest = others.current.at(-1) ?? 0;
    // No more than there is: after a restored backup numbers begin anew below those that were seen.
    known.current = { delivered: newest, seen: Math.min(known.current.seen, newest) };
    void tell();
  }, [messages, myId, roomId, tell]);
  useConnectionEvents(connection, (event) => {
    if (event.type !== "connected") return;
    told.current = { delivered: 0, seen: 0 };
    void tell();
  });

  return useCallback(
    (seq: number) => {
      const seen = others.current.findLast((one) => one <= seq) ?? 0;
      if (seen <= known.current.seen) return;
      known.current.seen = seen;
      void tell();
    },
    [tell],
  );
}
