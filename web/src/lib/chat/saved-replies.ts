// Saved replies: GET and POST /api/chat/reply, and which of them fit what is typed behind the slash.
import { request } from "@/lib/api/http";

export interface SavedReply {
  id: string;
  shortcut: string;
  text: string;
}

export const repliesQuery = {
  queryKey: ["saved-replies"],
  queryFn: ({ signal }: { signal: AbortSignal }) => request<SavedReply[]>("/api/chat/reply", { signal }),
  staleTime: 60_000,
};

export const saveReply = (reply: { id?: string; shortcut: string; text: string }) =>
  request<SavedReply>("/api/chat/reply", { method: "POST", body: reply });

export const removeReply = (id: string) => request("/api/chat/reply/remove", { method: "POST", body: { id } });

/** Those whose shortcut begins with the word first, then those that hold it anywhere. */
export function fitting(replies: readonly SavedReply[], word: string): SavedReply[] {
  const wanted = word.toLocaleLowerCase();
  const begins = replies.filter(({ shortcut }) => shortcut.toLocaleLowerCase().startsWith(wanted));
  const holds = replies.filter(
    (one) => !begins.includes(one) && `${one.shortcut} ${one.text}`.toLocaleLowerCase().includes(wanted),
  );
  return [...begins, ...holds];
}

/** The word behind a slash that begins the text, or null. */
export function slashWord(text: string): string | null {
  return /^\/(\S*)$/u.exec(text)?.[1] ?? null;
}
