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
  browserOnline: boolean;
  everConnected: boolean;
}

export function freshness(
  { connection, lastLive, browserOnline, everConnected }: Signs,
  now: number,
  limits: Limits,
): Freshness {
  if (connection.status === "refused" || connection.status === "ended") return connection.status;
  if (connection.status !== "connected") {
    if (!browserOnline || (everConnected && now - connection.since > OFFLINE_AFTER)) return "offline";
    return everConnected || connection.status === "disconnected" ? "reconnecting" : "connecting";
  }
  const silent = now - Math.max(lastLive ?? 0, connection.since);
  if (silent >= limits.stale) return "stale";
  return silent >= limits.checking ? "checking" : "live";
}
