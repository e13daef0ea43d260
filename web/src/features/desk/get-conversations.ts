// GET /api/chat/conversation: everybody who has booked or written, who waits for an answer first. Paged by cursor.
import { requestEnvelope } from "@/lib/api/http";

export const FILTERS = ["open", "mine", "unassigned", "closed"] as const;
export type Filter = (typeof FILTERS)[number];

export interface Staff {
  _id: string;
  name: string;
}

export interface LastMessage {
  id: string;
  seq: number;
  senderId: string;
  senderName: string;
  text: string;
  time: string;
}

export interface Conversation {
  _id: string;
  firstName: string;
  lastName: string;
  email: string;
  image: string | null;
  lastLoginAt: string | null;
  status: "open" | "closed";
  assignee: Staff | null;
  /** Messages of the customer that no member of staff has seen. */
  unread: number;
  /** Number of the customer's first message that nobody has answered. */
  waiting: number | null;
  waitingSince: string | null;
  /** Number of the last booking or message. */
  activity: number;
  lastMessage: LastMessage | null;
  /** Number of the event that last told of this row. */
  seq: number;
}

export type Counts = Record<Filter | "unread", number>;

export interface ConversationPage {
  rows: Conversation[];
  hasMore: boolean;
  nextAfter: string | null;
  counts: Counts;
  /** The newest event that the page knows. */
  asOf: number;
}

export interface ConversationQuery {
  filter: Filter;
  unread: boolean;
}

const PAGE = 100;

export async function getConversations(
  { filter, unread }: ConversationQuery,
  after: string | null,
  signal: AbortSignal,
): Promise<ConversationPage> {
  const query = new URLSearchParams({ filter, unread: String(unread), limit: String(PAGE), ...(after && { after }) });
  return getPage(query, signal);
}

/** One customer's row, for a conversation that is opened by its address. */
export async function getConversation(roomId: string, signal: AbortSignal): Promise<ConversationPage> {
  return getPage(new URLSearchParams({ roomId }), signal);
}

async function getPage(query: URLSearchParams, signal: AbortSignal): Promise<ConversationPage> {
  const answer = await requestEnvelope(`/api/chat/conversation?${query}`, { signal });
  const { data, hasMore, nextAfter, counts, seq } = answer as unknown as Record<string, unknown>;
  return {
    rows: data as Conversation[],
    hasMore: hasMore === true,
    nextAfter: typeof nextAfter === "string" ? nextAfter : null,
    counts: counts as Counts,
    asOf: Number(seq ?? 0),
  };
}
