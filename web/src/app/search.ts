// What stands behind the ? of our addresses. It comes from anybody: what does not fit is left out.
import type { DeskSearch } from "@/features/desk/desk";

export function deskSearch(search: Record<string, unknown>): DeskSearch {
  const room = search.with;
  const at = Number(search.at);
  return {
    ...(search.view === "chat" && { view: "chat" as const }),
    ...((typeof room === "string" || typeof room === "number") && room !== "" && { with: String(room) }),
    ...(Number.isSafeInteger(at) && at > 0 && { at }),
  };
}

export function loginSearch(search: Record<string, unknown>): { next?: string } {
  return typeof search.next === "string" ? { next: search.next } : {};
}

export function checkoutSearch(search: Record<string, unknown>): { session_id?: string } {
  return typeof search.session_id === "string" && search.session_id ? { session_id: search.session_id } : {};
}
