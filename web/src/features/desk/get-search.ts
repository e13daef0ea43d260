// GET /api/chat/search: people, and messages of all time, newest first.
import { requestEnvelope } from "@/lib/api/http";

export interface FoundPerson {
  _id: string;
  firstName: string;
  lastName: string;
  email: string;
}

export interface FoundMessage {
  id: string;
  seq: number;
  roomId: string;
  userName: string;
  senderId: string;
  senderName: string;
  /** An excerpt. */
  text: string;
  time: string;
}

export interface FoundPage {
  people: FoundPerson[];
  messages: FoundMessage[];
  hasMore: boolean;
}

export async function getSearch(text: string, before: number | null, signal: AbortSignal): Promise<FoundPage> {
  const query = new URLSearchParams({ q: text, ...(before !== null && { before: String(before) }) });
  const envelope = await requestEnvelope(`/api/chat/search?${query}`, { signal });
  const { people, messages } = envelope.data as Omit<FoundPage, "hasMore">;
  return { people, messages, hasMore: envelope.hasMore === true };
}
