import { useEffect, useEffectEvent, useState, useSyncExternalStore } from "react";
import type { Connection } from "@/lib/socket/connection";
import type { Message } from "./conversation";
import { Outbox, type Shown } from "./outbox";
import type { Sent } from "./outbox-store";

/** The outbox of whoever is signed in, sent over this page's connection. */
export function useOutbox(connection: Connection | null, owner: string): Outbox | null {
  const [outbox, setOutbox] = useState<Outbox | null>(null);
  useEffect(() => {
    if (!connection) return;
    const made = new Outbox(owner, connection);
    setOutbox(made);
    return () => {
      made.close();
      setOutbox(null);
    };
  }, [connection, owner]);
  return outbox;
}

/** Calls for every message that the server has taken. */
export function useSent(outbox: Outbox | null, onSent: (sent: Sent) => void): void {
  const tell = useEffectEvent(onSent);
  useEffect(
    () =>
      outbox?.subscribe((event) => {
        if (event.type === "sent") tell(event.sent);
      }),
    [outbox],
  );
}

const NOTHING: readonly Shown[] = [];

/** What waits in a conversation, of whose `messages` one may be taken while its answer was lost: it stands there, and not
 * here too. */
export function useWaiting(
  outbox: Outbox | null,
  roomId: string,
  messages: readonly Message[],
  me: string,
): readonly Shown[] {
  const entries = useSyncExternalStore(outbox?.watch ?? (() => () => {}), () => outbox?.entries ?? NOTHING);
  const isTaken = ({ id }: Shown) => messages.some((message) => message.id === id && message.senderId === me);
  useEffect(() => {
    for (const entry of entries) if (isTaken(entry)) outbox?.forget(entry.id);
  });
  return entries.filter((entry) => entry.roomId === roomId && !isTaken(entry));
}
