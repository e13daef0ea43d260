// Presence on a page: what the server says of others, and what this tab says of itself.
import { useEffect, useRef, useState } from "react";
import type { Connection } from "@/lib/socket/connection";
import { useFramedEvents } from "@/lib/socket/use-connection";
import { watchAttention } from "./attention";
import { apply, NOBODY, outdated, type PeoplePresent, type Presence, type PresenceState } from "./presence";

/** Of everybody, for the desk; null where this page has never known. */
export function usePresence(connection: Connection | null): Presence | null {
  const [presence, setPresence] = useState<Presence | null>(null);
  const heard = useRef(0); // the wire may have been dead for long when somebody notices
  useFramedEvents(connection, (event) => {
    if (event.type === "disconnected") {
      const upto = heard.current;
      setPresence((before) => outdated(before, upto));
    }
    if (event.type !== "received") return;
    const at = Date.now();
    heard.current = at;
    if (event.name !== "presence") return;
    const told = event.args[0] as PeoplePresent;
    setPresence((before) => apply(before ?? NOBODY, told, at));
  });
  return presence;
}

/** Whether Support is there, for a customer; null while this page does not know. */
export function useSupport(connection: Connection | null): PresenceState | null {
  const [support, setSupport] = useState<PresenceState | null>(null);
  useFramedEvents(connection, (event) => {
    if (event.type === "disconnected") setSupport(null);
    if (event.type === "received" && event.name === "support")
      setSupport((event.args[0] as { state: PresenceState }).state);
  });
  return support;
}

/** Tells the server whether this tab is looked at. */
export function useAttention(connection: Connection | null): void {
  useEffect(() => {
    if (!connection) return;
    let now: "here" | "away" = "here";
    const stop = watchAttention((state) => {
      now = state;
      connection.tell("presence", { state });
    });
    const leave = connection.subscribe((event) => {
      // CONNECT has told whether the tab is hidden, not whether anybody touches it.
      if (event.type === "connected" && now === "away") connection.tell("presence", { state: now });
    });
    return () => {
      stop();
      leave();
    };
  }, [connection]);
}
