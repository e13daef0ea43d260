// Events as the screen can take them: the first of a frame at once, the others of it together at its end. So a burst
// costs one render per frame, and a single booking does not wait for any.
import { useEffect, useRef } from "react";
import type { Connection, ConnectionEvent, Listener } from "./connection";
import { useConnectionEvents } from "./use-connection";

const AT_ONCE = 4;
/** Browsers draw no frames of a tab in the background. */
const LONGEST = 250;

export function useFramedEvents(connection: Connection | null, listener: Listener): void {
  const newest = useRef(listener);
  const waiting = useRef<ConnectionEvent[]>([]);
  const taken = useRef(0);
  const stop = useRef<(() => void) | null>(null);
  useEffect(() => {
    newest.current = listener;
  });
  useEffect(() => {
    waiting.current = [];
    return () => {
      stop.current?.();
      stop.current = null;
    };
  }, []);

  const flush = () => {
    stop.current?.();
    stop.current = null;
    taken.current = 0;
    const events = waiting.current;
    waiting.current = [];
    for (const event of events) newest.current(event);
  };
  useConnectionEvents(connection, (event) => {
    if (event.type !== "received" || (waiting.current.length === 0 && taken.current < AT_ONCE)) {
      if (event.type !== "received") flush();
      taken.current += 1;
      newest.current(event);
    } else waiting.current.push(event);
    stop.current ??= soon(flush);
  });
}

function soon(run: () => void): () => void {
  const frame = requestAnimationFrame(run);
  const timer = setTimeout(run, LONGEST);
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}
