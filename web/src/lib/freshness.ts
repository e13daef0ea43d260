// How fresh the page is, decided from when the last `live` event came. Pure: the clock is an argument.
import type { Snapshot } from "./socket/connection";

export type Freshness = "connecting" | "live" | "checking" | "stale" | "reconnecting" | "offline" | "refused" | "ended";

export interface Limits {
  /** Silence after which the page is checking, ms. */
  checking: number;
  /** Silence after which it is stale, ms. */
  stale: number;
}

/** Staff hear `live` every second, customers every five. */
export const DESK_LIMITS: Limits = { checking: 3_000, stale: 8_000 };
export const CUSTOMER_LIMITS: Limits = { checking: 8_000, stale: 15_000 };

const OFFLINE_AFTER = 30_000;

export interface Signs {
  connection: Pick<Snapshot, "status" | "since">;
  lastLive: number | null;
  /** Since when the browser says that there is no network, ms since 1970; null where it does not. */
  offlineSince: number | null;
  everConnected: boolean;
}

export function freshness(
  { connection, lastLive, offlineSince, everConnected }: Signs,
  now: number,
  limits: Limits,
): Freshness {
  if (connection.status === "refused" || connection.status === "ended") return connection.status;
  const connected = connection.status === "connected";
  const heard = Math.max(lastLive ?? 0, connected ? connection.since : 0);
  // Believed at once, until something comes all the same: a server on this machine needs no network.
  if (offlineSince !== null && heard <= offlineSince) return "offline";
  if (!connected) {
    if (everConnected && now - connection.since > OFFLINE_AFTER) return "offline";
    return everConnected || connection.status === "disconnected" ? "reconnecting" : "connecting";
  }
  const silent = now - heard;
  if (silent >= limits.stale) return "stale";
  return silent >= limits.checking ? "checking" : "live";
}
