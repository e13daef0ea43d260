// What stands behind the ? of our addresses. It comes from anybody: what does not fit is left out.
import type { DeskSearch } from "@/features/desk/desk";
import { whole } from "@/lib/whole";

export function deskSearch(search: Record<string, unknown>): DeskSearch {
  const room = search.with;
  const at = Number(search.at);
  return whole<DeskSearch>({
    view: search.view === "chat" ? "chat" : undefined,
    with: typeof room === "string" || typeof room === "number" ? String(room) || undefined : undefined,
    at: Number.isSafeInteger(at) && at > 0 ? at : undefined,
  });
}

export function loginSearch(search: Record<string, unknown>): { next?: string } {
  return whole<{ next?: string }>({ next: typeof search.next === "string" ? search.next : undefined });
}

export function checkoutSearch(search: Record<string, unknown>): { session_id?: string } {
  const id = search.session_id;
  return whole<{ session_id?: string }>({ session_id: typeof id === "string" ? id || undefined : undefined });
}
