// GET /api/chat/message?roomId=: a page of a conversation, oldest first; the newest page without `before`.
import { requestEnvelope } from "@/lib/api/http";
import type { MessageFact } from "./conversation";

interface HistoryRow extends MessageFact {
  roomId: string;
}

interface HistoryPage {
  rows: HistoryRow[];
  hasMore: boolean;
}

export async function getHistory(roomId: string, before?: number): Promise<HistoryPage> {
  const query = new URLSearchParams({ roomId, ...(before !== undefined && { before: String(before) }) });
  const envelope = await requestEnvelope(`/api/chat/message?${query}`);
  return { rows: envelope.data as HistoryRow[], hasMore: envelope.hasMore === true };
}
