// One conversation as a pure function of what the server said: apply(state, event). No clock, no network.
// A message is known by its sender and id, whatever way it comes (history, event, acknowledgement), and stands once,
// in the order of the journal's numbers.

export interface Attachment {
  id: string;
  name: string;
  type: string;
  size: number;
}

export type Status = "sent" | "delivered" | "seen";
type Side = "customer" | "staff";

export interface Message {
  /** Unique in the conversation: ids are unique per sender only. */
  key: string;
  id: string;
  senderId: string;
  senderName: string;
  text: string;
  /** ms since 1970, the server's word. */
  time: number;
  seq: number;
  status: Status;
  attachments: readonly Attachment[];
  /** A private one: staff only. */
  note: boolean;
}

/** One side has got so far: the other side's messages up to these numbers. */
export interface StatusFact {
  roomId: string;
  by: Side;
  delivered: number;
  seen: number;
}

export interface Conversation {
  messages: readonly Message[];
  hasMore: boolean;
  loaded: boolean;
  /** Number of the newest message when the conversation was opened: what comes later is spoken by screen readers.
   * Infinite until that is known. */
  opened: number;
  /** What stood here when something could begin to be missed; null while all that is said comes here. */
  cut: Cut | null;
  reached: Readonly<Partial<Record<Side, StatusFact>>>;
}

interface Cut {
  stood: ReadonlySet<string>;
  /** After `reset`: it may not exist any more (a restored backup). */
  doubted: boolean;
}

export interface MessageFact {
  id: string;
  senderId: string;
  senderName: string;
  text: string;
  time: string;
  seq: number;
  status?: Status;
  attachments?: readonly Attachment[];
  note?: boolean;
}

export type ConversationEvent =
  /** The newest page. `joined`: read by who has heard from then on what is said. */
  | { type: "page_loaded"; rows: readonly MessageFact[]; hasMore: boolean; joined?: boolean }
  /** From now on something may be missed, until a page that is read behind the joining has come. */
  | { type: "cut_off"; doubted: boolean }
  /** What was said before the number `before`. */
  | { type: "older_loaded"; rows: readonly MessageFact[]; hasMore: boolean; before: number | undefined }
  | { type: "message_arrived"; row: MessageFact }
  | { type: "status_changed"; status: StatusFact };

const NOT_KNOWN = Number.POSITIVE_INFINITY;
export const EMPTY: Conversation = {
  messages: [],
  hasMore: false,
  loaded: false,
  opened: NOT_KNOWN,
  cut: null,
  reached: {},
};

/** As it was left, until the server says more: all of it is history. */
export const reopened = (left: Conversation): Conversation => ({ ...left, opened: NOT_KNOWN });

/** A page that was asked for before an event may come after it, so what is known of the ticks is laid over the rows. */
export function apply(state: Conversation, event: ConversationEvent): Conversation {
  const next = applied(state, event);
  return { ...next, messages: withTicks(next.messages, next.reached) };
}

function applied(state: Conversation, event: ConversationEvent): Conversation {
  switch (event.type) {
    case "message_arrived":
      return { ...state, messages: merge(state.messages, [toMessage(event.row)]) };
    case "older_loaded":
      // What it was asked for may have been let go since, for the page after an absence: there would be a hole.
      if (event.before !== state.messages[0]?.seq) return state;
      return { ...state, messages: merge(state.messages, event.rows.map(toMessage)), hasMore: event.hasMore };
    case "status_changed":
      return { ...state, reached: { ...state.reached, [event.status.by]: event.status } };
    case "cut_off":
      if (state.cut && !event.doubted) return state;
      return { ...state, cut: { stood: keysOf(state.messages), doubted: event.doubted } };
    case "page_loaded": {
      const page = event.rows.map(toMessage);
      return { ...withNewestPage(state, page, event.hasMore), cut: cutAfter(state, page, event.joined) };
    }
  }
}

const keysOf = (messages: readonly Message[]): ReadonlySet<string> => new Set(messages.map((message) => message.key));

function cutAfter({ cut }: Conversation, page: Message[], joined = false): Cut | null {
  return joined || cut === null ? null : { stood: new Set([...cut.stood, ...keysOf(page)]), doubted: false };
}

function withNewestPage(before: Conversation, page: Message[], hasMore: boolean): Conversation {
  const { cut } = before;
  const left = before.messages.filter((message) => !cut?.stood.has(message.key));
  const state = cut?.doubted ? { ...before, messages: left, reached: {} } : before;
  // What has come since it was cut off does not tell that nothing is missing between.
  const known = cut ? cut.stood : keysOf(state.messages);
  const meets = !cut?.doubted && page.some((message) => known.has(message.key));
  const newest = page.at(-1)?.seq ?? 0;
  const opened = state.opened === NOT_KNOWN ? newest : state.opened;
  if (meets || !hasMore) {
    const older = state.loaded && (state.messages[0]?.seq ?? 0) < (page[0]?.seq ?? 0);
    const messages = merge(state.messages, page);
    return { ...state, messages, hasMore: older ? state.hasMore : hasMore, loaded: true, opened };
  }
  // More was missed than a page holds: what stood here before is left to scrolling back, or there would be a hole.
  const later = state.messages.filter((message) => message.seq > newest);
  return { ...state, messages: merge(page, later), hasMore, loaded: true, opened };
}

function merge(one: readonly Message[], other: readonly Message[]): readonly Message[] {
  const byKey = new Map(one.map((message) => [message.key, message]));
  for (const message of other) byKey.set(message.key, furthest(byKey.get(message.key), message));
  return [...byKey.values()].sort((a, b) => a.seq - b.seq);
}

function withTicks(messages: readonly Message[], reached: Conversation["reached"]): readonly Message[] {
  const facts = Object.values(reached);
  let changed = false;
  const rows = messages.map((message) => {
    const status = facts.reduce((before, fact) => tick(message, before, fact), message.status);
    if (status === message.status) return message;
    changed = true;
    return { ...message, status };
  });
  return changed ? rows : messages;
}

function tick(message: Message, before: Status, fact: StatusFact): Status {
  const writtenBy: Side = message.senderId === fact.roomId ? "customer" : "staff";
  if (message.note || writtenBy === fact.by) return before;
  const now: Status = message.seq <= fact.seen ? "seen" : message.seq <= fact.delivered ? "delivered" : "sent";
  return STEPS.indexOf(now) > STEPS.indexOf(before) ? now : before;
}

const STEPS = ["sent", "delivered", "seen"] as const;

/** An older answer that comes late must not take a tick back. */
function furthest(before: Message | undefined, now: Message): Message {
  if (!before || STEPS.indexOf(now.status) >= STEPS.indexOf(before.status)) return now;
  return { ...now, status: before.status };
}

function toMessage(row: MessageFact): Message {
  const { id, senderId, senderName, text, seq } = row;
  return {
    key: `${row.note ? "note " : ""}${senderId}/${id}`,
    id,
    senderId,
    senderName,
    text,
    seq,
    time: Date.parse(row.time),
    status: row.status ?? "sent",
    attachments: row.attachments ?? [],
    note: row.note ?? false,
  };
}
