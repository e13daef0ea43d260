import type { Participant } from "./get-participants";
import { words } from "./messages";
import type { Desk } from "./state";

export function fullName({
  firstName,
  lastName,
  email,
}: Pick<Participant, "firstName" | "lastName" | "email">): string {
  return `${firstName} ${lastName}`.trim() || email || words.unknown;
}

/** A customer may be opened by address before the lists are there. */
export function nameOf(desk: Desk, userId: string): string {
  const participant = desk.participants.find((row) => row._id === userId);
  if (participant) return fullName(participant);
  return desk.bookings.find((row) => row.userId === userId)?.userName || words.unknown;
}
