// Who is there, by person, as the server tells the desk: all of them at CONNECT, then changes. Pure.

export type PresenceState = "here" | "away" | "offline";

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
}

export const NOBODY: Presence = { staff: new Map(), customers: new Map(), left: new Map() };

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
  return { staff, customers, left };
}

/** Null for nobody knows: while the page is not live, nothing pretends to be now. */
export function stateOf(presence: Presence | null, userId: string): PresenceState | null {
  return presence && (presence.customers.get(userId) ?? presence.staff.get(userId)?.state ?? "offline");
}
