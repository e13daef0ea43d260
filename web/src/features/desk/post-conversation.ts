// POST /api/chat/conversation: assign it, close it, open it again. Every desk is told, this one too.
import { request } from "@/lib/api/http";
import type { Conversation, Staff } from "./get-conversations";

interface ConversationChange {
  roomId: string;
  status?: "open" | "closed";
  /** User id of a member of staff; null is nobody. */
  assignee?: string | null;
  /** The last message that was seen: nobody closes over a later one. */
  seq?: number;
}

export async function postConversation(change: ConversationChange): Promise<Conversation> {
  return request<Conversation>("/api/chat/conversation", { method: "POST", body: change });
}

/** Closes it, over what was seen, or opens it again. */
export function toggled({ _id, status, lastMessage }: Conversation): ConversationChange {
  if (status === "closed") return { roomId: _id, status: "open" };
  return { roomId: _id, status: "closed", ...(lastMessage && { seq: lastMessage.seq }) };
}

/** GET /api/chat/staff: who a conversation can be assigned to. */
export async function getStaff(signal: AbortSignal): Promise<Staff[]> {
  return request<Staff[]>("/api/chat/staff", { signal });
}
