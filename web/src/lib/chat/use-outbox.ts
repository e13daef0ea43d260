import { useEffect, useState, useSyncExternalStore } from "react";
import type { Connection } from "@/lib/socket/connection";
import { Outbox, type Shown } from "./outbox";

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

const NOTHING: readonly Shown[] = [];

export function useWaiting(outbox: Outbox | null, roomId: string): readonly Shown[] {
  const entries = useSyncExternalStore(outbox?.watch ?? (() => () => {}), () => outbox?.entries ?? NOTHING);
  return entries.filter((entry) => entry.roomId === roomId);
}
