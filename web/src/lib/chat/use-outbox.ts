import { useEffect, useState, useSyncExternalStore } from "react";
import type { Connection } from "@/lib/socket/connection";
import { Outbox, type Waiting } from "./outbox";

/** The outbox of this page's connection. */
export function useOutbox(connection: Connection | null): Outbox | null {
  const [outbox, setOutbox] = useState<Outbox | null>(null);
  useEffect(() => {
    if (!connection) return;
    const made = new Outbox(connection);
    setOutbox(made);
    return () => {
      made.close();
      setOutbox(null);
    };
  }, [connection]);
  return outbox;
}

const NOTHING: readonly Waiting[] = [];

export function useWaiting(outbox: Outbox | null, roomId: string): readonly Waiting[] {
  const entries = useSyncExternalStore(outbox?.watch ?? (() => () => {}), () => outbox?.entries ?? NOTHING);
  return entries.filter((entry) => entry.roomId === roomId);
}
