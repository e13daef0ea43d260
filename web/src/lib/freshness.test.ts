import { expect, test } from "vitest";
import { DESK_LIMITS, freshness, type Signs } from "./freshness";

const T = 1_000_000;
const LIVE: Signs = {
  connection: { status: "connected", since: T },
  lastLive: T,
  offlineSince: null,
  everConnected: true,
};
const after = (ms: number, signs: Partial<Signs> = {}) => freshness({ ...LIVE, ...signs }, T + ms, DESK_LIMITS);
const lost: Partial<Signs> = { connection: { status: "disconnected", since: T } };

test("live until three seconds of silence, stale after eight", () => {
  expect([after(0), after(2_999), after(3_000), after(7_999), after(8_000)]).toEqual([
    "live",
    "live",
    "checking",
    "checking",
    "stale",
  ]);
});

test("a new connection has its own three seconds", () => {
  const again: Partial<Signs> = { connection: { status: "connected", since: T + 60_000 } };
  expect([after(61_000, again), after(63_000, again)]).toEqual(["live", "checking"]);
});

test("a lost connection is reconnecting, and offline after half a minute", () => {
  expect([after(0, lost), after(30_000, lost), after(30_001, lost)]).toEqual([
    "reconnecting",
    "reconnecting",
    "offline",
  ]);
});

test("offline at once when the browser says so, until something is heard all the same", () => {
  expect(after(500, { offlineSince: T + 400 })).toBe("offline");
  expect(after(500, { ...lost, offlineSince: T })).toBe("offline");
  expect(after(1_100, { offlineSince: T + 400, lastLive: T + 1_000 })).toBe("live");
  expect(after(500, { offlineSince: T + 400, connection: { status: "connected", since: T + 450 } })).toBe("live");
});

test("never live while not connected", () => {
  for (const status of ["connecting", "disconnected", "refused", "ended"] as const) {
    expect(after(0, { connection: { status, since: T } })).not.toBe("live");
  }
  expect(after(0, { connection: { status: "connecting", since: T }, everConnected: false })).toBe("connecting");
});
