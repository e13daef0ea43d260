// GET and POST /api/chat/draft: what a person has begun to write. An empty text ends it.
// Refused where somebody else is signed in by now: a tab that has not noticed yet neither gives nor takes their drafts.
import { request } from "@/lib/api/http";

/** ms. On a connection that has died unnoticed no answer comes, and what is written later waits behind it. */
const PATIENCE = 10_000;

export interface Draft {
  roomId: string;
  note: boolean;
  text: string;
}

export const getDrafts = (person: string) => request<Draft[]>(`/api/chat/draft?${new URLSearchParams({ as: person })}`);

export const keepDraft = (person: string, draft: Draft) =>
  request("/api/chat/draft", {
    method: "POST",
    body: { ...draft, as: person },
    keepalive: true,
    signal: AbortSignal.timeout(PATIENCE),
  });
