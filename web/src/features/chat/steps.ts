// How far a booking has come, as its customer is told it. Pure.
import type { OwnBooking, OwnPayment } from "./get-own";

export type Step =
  | { kind: "paid"; amount: string; at: number }
  | { kind: "back"; amount: string }
  | { kind: "stored"; at: number }
  | { kind: "caregiver"; name: string | null }
  | { kind: "visit"; date: string | null; slot: string | null }
  | { kind: "cancelled" };

/** Of each step whether it is behind us, happens now, or is to come. */
export type Progress = "done" | "now" | "next";

export function stepsOf(booking: OwnBooking, payments: readonly OwnPayment[]): [Step, Progress][] {
  const own = payments.filter((payment) => payment.bookingId === booking._id);
  const steps: [Step, Progress][] = own
    .map((payment): [Step, Progress] => [{ kind: "paid", amount: payment.amountPaid, at: paidTime(payment) }, "done"])
    .reverse();
  steps.push([{ kind: "stored", at: Date.parse(booking.createdAt) }, "done"]);
  for (const { amountRefunded } of own)
    if (Number(amountRefunded) > 0) steps.push([{ kind: "back", amount: amountRefunded }, "done"]);
  if (booking.status === "cancelled") return [...steps, [{ kind: "cancelled" }, "done"]];
  const over = booking.status === "completed";
  const found = over || booking.caregiver !== null;
  const { date, slot, caregiver } = booking;
  if (!over || caregiver !== null) steps.push([{ kind: "caregiver", name: caregiver }, found ? "done" : "now"]);
  steps.push([{ kind: "visit", date, slot }, over ? "done" : found ? "now" : "next"]);
  return steps;
}

/** ms since 1970. */
export function paidTime({ paidAt, createdAt }: OwnPayment): number {
  return Date.parse(paidAt ?? createdAt);
}
