import { conversationOf } from "./conversations";
import type { Conversation } from "./get-conversations";
import { words } from "./messages";
import type { Desk } from "./state";

export function fullName({
  firstName,
  lastName,
  email,
}: Pick<Conversation, "firstName" | "lastName" | "email">): string {
  return `${firstName} ${lastName}`.trim() || email || words.unknown;
}

/** A customer may be opened by address before the lists are there: while `looking`, who has no name yet has none. */
export function nameOf(desk: Desk, userId: string, looking = false): string {
  const row = conversationOf(desk.conversations, userId);
  if (row && (row.firstName || row.lastName || row.email)) return fullName(row);
  return desk.bookings.find((row) => row.userId === userId)?.userName || (looking ? "" : words.unknown);
}
