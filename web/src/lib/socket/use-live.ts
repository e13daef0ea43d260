// Freshness of a page: the last `live` event, the ticks of the last half minute, and repair when the server has said a
// number that this page has not shown.
import { useCallback, useEffect, useEffectEvent, useRef, useState } from "react";
import { type Freshness, freshness, type Limits } from "@/lib/freshness";
import { noteAhead } from "@/lib/server-clock";
import { useBrowserOffline } from "@/lib/use-browser-offline";
import { useNow } from "@/lib/use-now";
import { useTimer } from "@/lib/use-timer";
import { onWake } from "@/lib/wake";
import type { Connection } from "./connection";
import { useFramedEvents, useSnapshot } from "./use-connection";

export const TICKS = 28;
const PATIENCE = 1_500;

export interface LiveState {
  freshness: Freshness;
  /** Number of the newest event, from the server. */
  seq: number | null;
  /** When the last `live` came, ms since 1970. */
  lastLive: number | null;
  now: number;
  /** Durable events in each of the last seconds, oldest first. */
  ticks: readonly number[];
  /** Tells of an event that this page knows without having received it: an acknowledged message of its own. */
  noteShown: (seq: number) => void;
}

interface Options {
  limits: Limits;
  /** Load what may have been missed: after being "away" too long for recovery, or because `live` shows us "behind". */
  onMissed: (why: "away" | "behind") => void;
  /** When the server last answered, ms since 1970: a sign of life where no `live` comes. */
  answered?: number | null;
}

export function useLive(connection: Connection | null, { limits, onMissed, answered = null }: Options): LiveState {
  const snapshot = useSnapshot(connection);
  const now = useNow();
  const offlineSince = useBrowserOffline();
  const [live, setLive] = useState<{ seq: number; at: number } | null>(null);
  const [everConnected, setEverConnected] = useState(false);
  const arrivals = useRef<number[]>([]);
  const sentAt = useRef(new SentTimes());
  const { noteShown, noteSaid } = useRepair(connection, () => onMissed("behind"));

  useFramedEvents(connection, (event) => {
    if (event.type === "connected") {
      setEverConnected(true);
      sentAt.current = new SentTimes();
      if (!event.recovered) setLive(null);
      if (!event.recovered) onMissed("away");
    }
    if (event.type !== "received") return;
    if (event.seq !== null) {
      noteShown(event.seq);
      const { seq } = event;
      setLive((before) => before && { ...before, seq: Math.max(before.seq, seq) });
      arrivals.current = [...arrivals.current.slice(-500), Date.now()];
    }
    if (event.name === "reset") onMissed("away");
    const said = event.name === "live" ? (event.args[0] as { seq?: unknown; time?: unknown } | undefined) : undefined;
    const seq = said?.seq;
    if (typeof seq !== "number") return;
    noteSaid(seq);
    const at = sentAt.current.onOurClock(said?.time, Date.now());
    setLive((before) => ({ seq: Math.max(before?.seq ?? 0, seq), at }));
  });

  useEffect(() => onWake(() => void connection?.prove()), [connection]);

  const lastLive = live?.at ?? answered;
  const state = freshness({ connection: snapshot, lastLive, offlineSince, everConnected }, now, limits);
  useEffect(() => {
    // Connected and silent for too long: the wire is dead and nobody has noticed yet.
    if (state === "stale") connection?.restart();
    // The browser's word is not enough to leave a connection that may be alive.
    if (state === "offline" && connection?.snapshot.status === "connected") void connection.prove();
  }, [state, connection]);

  return {
    freshness: state,
    seq: live?.seq ?? null,
    lastLive,
    now,
    ticks: perSecond(arrivals.current, now),
    noteShown,
  };
}

/** When a `live` was sent, on this device's clock. One that lay in a buffer while the page slept proves nothing of now:
 * the quickest of a connection says how far the two clocks are apart. */
class SentTimes {
  #apart = Number.POSITIVE_INFINITY;

  onOurClock(time: unknown, now: number): number {
    const sent = typeof time === "string" ? Date.parse(time) : Number.NaN;
    if (Number.isNaN(sent)) return now;
    this.#apart = Math.min(this.#apart, now - sent);
    noteAhead(this.#apart);
    return sent + this.#apart;
  }
}

/** Compares what `live` says with what was shown; calls `onBehind` when the page stays behind. */
function useRepair(connection: Connection | null, onBehind: () => void) {
  const shown = useRef<number | null>(null);
  const timer = useTimer();
  const repair = useEffectEvent(onBehind);
  useFramedEvents(connection, (event) => {
    // Everything is loaded afresh then, so the first `live` says where we stand.
    if (event.type === "connected" && !event.recovered) shown.current = null;
  });
  const noteShown = useCallback((seq: number) => {
    shown.current = Math.max(shown.current ?? 0, seq);
  }, []);
  const noteSaid = (said: number) => {
    if (shown.current === null) shown.current = said;
    if (said <= shown.current || timer.running) return;
    timer.start(() => {
      if (said <= (shown.current ?? 0)) return;
      shown.current = said;
      repair();
    }, PATIENCE);
  };
  return { noteShown, noteSaid };
}

function perSecond(times: readonly number[], now: number): number[] {
  const ticks = new Array<number>(TICKS).fill(0);
  for (const time of times) {
    const place = TICKS - 1 - Math.floor((now - time) / 1_000);
    if (place >= 0 && place < TICKS) ticks[place] = (ticks[place] ?? 0) + 1;
  }
  return ticks;
}
