// Who is there, by person, as the server tells the desk: all of them at CONNECT, then changes. Pure.

export type PresenceState = "here" | "away" | "offline";
/** `was`: here or away when this page last heard of them. */
export type KnownState = PresenceState | "was";

export interface StaffPresent {
  userId: string;
  name: string;
  state: PresenceState;
}

/** What the server sends. */
export interface PeoplePresent {
  whole: boolean;
  staff: StaffPresent[];
  here: string[];
  away: string[];
  offline: string[];
}

export interface Presence {
  /** Staff who are not offline, by id. */
  staff: ReadonlyMap<string, StaffPresent>;
  /** Customers who are not offline. */
  customers: ReadonlyMap<string, "here" | "away">;
  /** When this page saw somebody leave, ms since 1970. */
  left: ReadonlyMap<string, number>;
  /** Until when all this was true, ms since 1970; null while the page is told of changes. */
  upto: number | null;
}

export const NOBODY: Presence = { staff: new Map(), customers: new Map(), left: new Map(), upto: null };

export function apply(before: Presence, event: PeoplePresent, at: number): Presence {
  const staff = new Map(event.whole ? [] : before.staff);
  const customers = new Map(event.whole ? [] : before.customers);
  const left = new Map(before.left);
  for (const one of event.staff) {
    if (one.state === "offline") staff.delete(one.userId);
    else staff.set(one.userId, one);
  }
  for (const state of ["here", "away"] as const)
    for (const id of event[state]) {
      customers.set(id, state);
      left.delete(id);
    }
  for (const id of event.offline) {
    if (customers.delete(id)) left.set(id, at);
  }
  if (event.whole) {
    for (const id of before.customers.keys()) if (!customers.has(id)) left.set(id, before.upto ?? at);
  }
  return { staff, customers, left, upto: event.whole ? null : before.upto };
}

/** What is left of it when the page is told no more and last heard at `at`: null where that is not known. */
export function outdated(presence: Presence | null, at: number | null): Presence | null {
  const upto = presence?.upto ?? at;
  return presence && upto !== null ? { ...presence, upto } : null;
}

/** Null for nobody knows. While the page is not told, nothing pretends to be now. */
export function stateOf(presence: Presence | null, userId: string): KnownState | null {
  if (!presence) return null;
  const state = presence.customers.get(userId) ?? presence.staff.get(userId)?.state ?? "offline";
  return presence.upto === null || state === "offline" ? state : "was";
}

/** When somebody who is not there now was there last, ms since 1970, as far as this page has seen it. */
export function lastSeen(presence: Presence | null, userId: string): number | null {
  const state = stateOf(presence, userId);
  if (state === "was") return presence?.upto ?? null;
  return state === "offline" ? (presence?.left.get(userId) ?? null) : null;
}
