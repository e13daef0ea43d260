// Confirms to the server what this tab has painted: soon after an arrival, then at most once a second, and again after
// every reconnect. Cumulative, so one that is lost does no harm. A tab in the background, or one that shows no list of
// bookings, confirms nothing. Times are the page's own, performance.now(): the device's clock may be set back.
import { type RefObject, useCallback, useEffect, useRef } from "react";
import type { Connection } from "@/lib/socket/connection";
import { useConnectionEvents, useFramedEvents } from "@/lib/socket/use-connection";
import { useTimer } from "@/lib/use-timer";
import { type Loaded, type Shown, ShownLog } from "./shown";

const PAUSE = 1_000;

interface Screen {
  connection: Connection | null;
  list: RefObject<HTMLElement | null>;
  loaded: Loaded | null;
}

/** Call it in the component whose render brings the list on the screen. `beginAnew` says that something was missed. */
export function useShown({ connection, list, loaded }: Screen): { beginAnew: () => void } {
  const log = useRef(new ShownLog());
  const told = useRef<{ at: number; shown: Shown } | null>(null);
  const arrived = useRef(0);
  const timer = useTimer();

  const beginAnew = useCallback(() => {
    arrived.current = 0;
    log.current.begin(performance.now());
  }, []);
  // At once, not with the frame: whoever asks for the list because of this event must ask after it has begun anew.
  useConnectionEvents(connection, (event) => {
    if (event.type === "connected") told.current = null; // the server may be another process now
    const anew = event.type === "connected" && !event.recovered;
    if (anew || (event.type === "received" && event.name === "reset")) beginAnew();
  });
  useFramedEvents(connection, (event) => {
    if (event.type === "received" && event.seq !== null) arrived.current = Math.max(arrived.current, event.seq);
  });

  const tell = useCallback(() => {
    const shown = log.current.claim;
    if (shown === null || connection?.snapshot.status !== "connected") return;
    const last = told.current;
    if (last && last.shown.seq === shown.seq && last.shown.since === shown.since) return;
    const wait = last ? last.at + PAUSE - performance.now() : 0;
    if (wait > 0) {
      timer.start(tell, wait);
      return;
    }
    told.current = { at: performance.now(), shown };
    connection.tell("shown", shown);
  }, [connection, timer]);

  // Without dependencies: every render may have brought the list on the screen, and there is one each second.
  useEffect(() => {
    const rendered = arrived.current;
    return afterPaint(() => {
      if (!onScreen(list.current)) return;
      if (loaded !== null) log.current.loaded(loaded);
      log.current.received(rendered);
      log.current.painted();
      if (!timer.running) tell();
    });
  });

  return { beginAnew };
}

function onScreen(element: HTMLElement | null): boolean {
  if (element === null || document.visibilityState !== "visible") return false;
  return element.checkVisibility?.() ?? true;
}

/** Browsers draw no frames of a tab in the background: then it comes when the tab does. */
function afterPaint(run: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const frame = requestAnimationFrame(() => {
    timer = setTimeout(run, 0);
  });
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}
