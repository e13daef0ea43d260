// The list of conversations as a pure function of what the server said. Every row carries the number of the event that
// last told of it, and pages the newest number that they know: so whichever of an event and a page is newer wins, without
// a clock, and every tab ends with the same list and the same counts.
import { splitName } from "@/lib/format/names";
import { saysNothingNew } from "@/lib/same";
import type { Conversation, ConversationQuery, LastMessage, Staff } from "./get-conversations";

export interface ConversationRow extends Conversation {
  /** When an event brought something new, ms since 1970. */
  movedAt: number | null;
}

export type Conversations = Readonly<Record<string, ConversationRow>>;

/** A site names its customers as it likes, "constructor" too: what every object has is nobody's row. */
export const conversationOf = (all: Conversations, id: string): ConversationRow | undefined =>
  Object.hasOwn(all, id) ? all[id] : undefined;

/** What `conversation_updated` and `conversation_changed` both say. */
interface Told extends Pick<Conversation, "status" | "assignee" | "unread" | "waiting" | "waitingSince" | "activity"> {
  roomId: string;
  userName: string;
  userEmail: string;
}

export interface ConversationUpdated extends Told {
  /** Number of the last message. */
  seq: number;
  lastMessage: Omit<LastMessage, "seq">;
  /** Staff have seen it: nothing new was written. */
  read: boolean;
}

export interface ConversationChanged extends Told {
  by: Staff;
}

export interface ListedPage {
  rows: readonly Conversation[];
  hasMore: boolean;
  asOf: number;
  query: ConversationQuery;
  me: string;
}

/** Pages of one filter, from the top. Who should be among them, is not, and was not told of since, is not there. */
export function withPage(all: Conversations, page: ListedPage): Conversations {
  const listed = new Set(page.rows.map((row) => row._id));
  const last = page.hasMore ? page.rows.at(-1) : undefined;
  const stale = (row: ConversationRow) =>
    !listed.has(row._id) &&
    row.seq <= page.asOf &&
    matches(row, page.query, page.me) &&
    (last === undefined || byAttention(row, last) < 0);
  const kept = Object.values(all).some(stale)
    ? Object.fromEntries(Object.entries(all).filter(([, row]) => !stale(row)))
    : all;
  return withRows(kept, page.rows);
}

/** The same object where nothing is new: then nothing is drawn anew. */
export function withRows(known: Conversations, rows: readonly Conversation[]): Conversations {
  const fresh = rows
    .map((row) => [row, conversationOf(known, row._id)] as const)
    .filter(([row, before]) => (before?.seq ?? -1) <= row.seq && !saysNothingNew(before, row, ["movedAt"]))
    .map(([row, before]) => [row._id, { ...row, movedAt: before?.movedAt ?? null }] as const);
  return fresh.length === 0 ? known : { ...known, ...Object.fromEntries(fresh) };
}

/** So many rows are kept by events; the quietest beyond them are left to their pages. */
const MOST = 300;
const SLACK = 100;

/** What an event says of one conversation: its row after it, the same one where it is no news. */
export interface Change {
  room: string;
  of: (row: ConversationRow) => ConversationRow;
}

/** The changes of one frame, in their order: the rows are copied once for all of them. */
export function withChanges(known: Conversations, changes: readonly Change[]): Conversations {
  const after = new Map<string, ConversationRow>();
  for (const { room, of } of changes) {
    const before = after.get(room) ?? conversationOf(known, room) ?? nobody(room);
    const row = of(before);
    if (row !== before) after.set(room, row);
  }
  if (after.size === 0) return known;
  const next = { ...known, ...Object.fromEntries(after) };
  const rows = Object.values(next);
  if (rows.length <= MOST + SLACK || [...after.keys()].every((room) => conversationOf(known, room))) return next;
  return Object.fromEntries(
    rows
      .sort(byAttention)
      .slice(0, MOST)
      .map((row) => [row._id, row]),
  );
}

/** What every event about a booking says of its customer. */
interface Whose {
  userId: string;
  userName: string;
  userEmail: string;
}

export function booked({ userId, userName, userEmail }: Whose, seq: number, at: number): Change {
  const of = (row: ConversationRow): ConversationRow =>
    seq <= row.seq
      ? row
      : { ...row, ...name(row, userName, userEmail), status: "open", activity: seq, seq, movedAt: at };
  return { room: userId, of };
}

/** A booking tells whose it is, where that has become known since; it puts nobody on the list. */
export function named({ userId, userName, userEmail }: Whose): Change {
  const of = (row: ConversationRow): ConversationRow => {
    const after = { ...row, ...name(row, userName, userEmail) };
    return row.seq === 0 || saysNothingNew(row, after, []) ? row : after;
  };
  return { room: userId, of };
}

export function told(update: ConversationUpdated | ConversationChanged, seq: number, at: number): Change {
  const { roomId, status, assignee, unread, waiting, waitingSince, activity } = update;
  const of = (row: ConversationRow): ConversationRow => {
    if (seq <= row.seq) return row;
    const after: ConversationRow = {
      ...row,
      ...name(row, update.userName, update.userEmail),
      ...{ status, assignee, unread, waiting, waitingSince, activity, seq },
    };
    if ("lastMessage" in update) {
      after.lastMessage = { ...update.lastMessage, seq: update.seq };
      if (!update.read) after.movedAt = at;
    }
    return after;
  };
  return { room: roomId, of };
}

/** Who waits, longest first; then the others, last activity first. */
function byAttention(one: Conversation, other: Conversation): number {
  if (one.waiting !== null && other.waiting !== null) return one.waiting - other.waiting;
  if (one.waiting !== null || other.waiting !== null) return one.waiting !== null ? -1 : 1;
  return other.activity - one.activity;
}

export function matches(row: Conversation, { filter, unread }: ConversationQuery, me: string): boolean {
  if (unread && row.unread === 0) return false;
  if (filter === "closed") return row.status === "closed";
  if (row.status !== "open") return false;
  if (filter === "mine") return row.assignee?._id === me;
  return filter === "open" || row.assignee === null;
}

export function ordered(all: Conversations, query: ConversationQuery, me: string): ConversationRow[] {
  return Object.values(all)
    .filter((row) => matches(row, query, me))
    .sort(byAttention);
}

/** While the hand is on the list its rows stay where they are: those that came or moved up wait, and are counted. What
 * comes below all of them moves none. */
export function settled(
  rows: readonly ConversationRow[],
  held: readonly string[] | null,
): { rows: readonly ConversationRow[]; waiting: number } {
  if (held === null) return { rows, waiting: 0 };
  const now = new Map(rows.map((row) => [row._id, row]));
  const stay = held.flatMap((id) => now.get(id) ?? []);
  const staying = new Set(stay);
  const shown = [...stay, ...rows.slice(rows.findLastIndex((row) => staying.has(row)) + 1)];
  return { rows: shown, waiting: rows.length - shown.length };
}

function nobody(id: string): ConversationRow {
  return {
    ...{ _id: id, firstName: "", lastName: "", email: "", image: null, lastLoginAt: null, status: "open" },
    ...{ assignee: null, unread: 0, waiting: null, waitingSince: null, activity: 0, lastMessage: null, seq: 0 },
    movedAt: null,
  };
}

function name(row: ConversationRow, full: string, email: string) {
  const { firstName, lastName } = full ? splitName(full) : row;
  return { firstName, lastName, email: email || row.email };
}
