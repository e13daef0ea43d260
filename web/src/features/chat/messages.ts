import { numeral } from "@/lib/format/number";
import { spoken } from "@/lib/language";
import { bn } from "./messages.bn";

const en = {
  title: "Chat",
  support: "Carevia Support",
  presence: {
    here: "Here now",
    away: "Away at the moment. We answer as soon as we are back.",
    offline: "Nobody is at the desk now. Write anyway: we answer as soon as we are back.",
  },
  write: "Write a message",
  signInFirst: "Sign in to write to Carevia Support and to see your conversation.",
  staff: "This is the customers' side of the chat. You are signed in as staff: your conversations are on the desk.",
  signIn: "Sign in",
  toDesk: "Open the desk",
  booking: {
    label: "Your bookings",
    unknown: "Booking",
    none: "You have no bookings yet. Once you have paid for one, it appears here by itself.",
    failed: (why: string) => `Your bookings did not load. ${why}`,
    more: (n: number) => (n > 1 ? `Show all ${numeral(n)} bookings` : "Show its progress"),
    less: "Show less",
    status: { booked: "Booked", confirmed: "Confirmed", cancelled: "Cancelled", completed: "Completed" },
    paid: (amount: string) => `Paid ${amount}`,
    back: (amount: string) => `${amount} went back to you`,
    choosing: "Caregiver is being chosen",
    caregiver: (name: string) => `${name} comes to you`,
    step: { stored: "The desk has it", visit: "First visit", cancelled: "Cancelled" },
    now: "now",
    due: "Still due",
    payment: "Payment",
    received: (amount: string) => `We received ${amount}. Your booking is safe.`,
    receivedOnce: (amount: string) => `We received ${amount}.`,
  },
};

export type Words = typeof en;
export const words = spoken(en, bn);
