// GET and POST /api/chat/draft: what whoever is signed in has begun to write. An empty text ends it.
import { request } from "@/lib/api/http";

export interface Draft {
  roomId: string;
  note: boolean;
  text: string;
}

export const getDrafts = () => request<Draft[]>("/api/chat/draft");

export const keepDraft = (draft: Draft) => request("/api/chat/draft", { method: "POST", body: draft, keepalive: true });
