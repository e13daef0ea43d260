// What was missed while the connection was gone: the messages between the last one that stood here and the number that the
// server said when it was back.
import { useRef, useState } from "react";
import type { Connection } from "@/lib/socket/connection";
import { useConnectionEvents } from "@/lib/socket/use-connection";

export interface Away {
  /** Numbers of messages: those after the one, up to the other. */
  after: number;
  upto: number;
  /** How long nothing was heard, ms: a wire can be dead for a while before its socket is closed. */
  lapse: number;
}

/** `newest` is the number of the newest message here. Null until something may have been missed. */
export function useAway(connection: Connection | null, newest: number): Away | null {
  const [away, setAway] = useState<Away | null>(null);
  const cut = useRef<{ at: number; after: number } | null>(null);
  const back = useRef<number | null>(null);
  const [opened] = useState(() => Date.now());
  const heard = useRef(opened);
  useConnectionEvents(connection, (event) => {
    if (event.type === "connected" || event.type === "received") heard.current = Date.now();
    if (event.type === "disconnected") {
      cut.current ??= { at: heard.current, after: newest };
      back.current = null;
    }
    if (event.type === "connected" && cut.current) back.current = Date.now();
    if (event.type !== "received" || event.name !== "live" || !cut.current || back.current === null) return;
    const upto = (event.args[0] as { seq?: unknown } | undefined)?.seq;
    if (typeof upto !== "number") return;
    setAway({ after: cut.current.after, upto, lapse: back.current - cut.current.at });
    cut.current = null;
    back.current = null;
  });
  return away;
}
