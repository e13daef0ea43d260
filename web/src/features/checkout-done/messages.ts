import { spoken } from "@/lib/language";
import { bn } from "./messages.bn";

export interface State {
  title: string;
  text: string;
}

const NOTHING_PAID = "Nothing was paid. You can book again whenever you like.";

const en = {
  title: "Your booking",
  noSession: "This page opens by itself after you have paid. It needs the number of a payment.",
  again: "We look again by ourselves. You need not stay: a payment that was made is not lost.",
  tracking: "Your tracking ID",
  paid: "Paid",
  toChat: "Write to Carevia Support",
  states: {
    paid: { title: "Thank you, your payment has arrived", text: "The desk has your booking on its screen." },
    processing: {
      title: "Your payment is under way",
      text: "Your bank has not confirmed it yet; this can take some days. Your booking appears by itself.",
    },
    open: { title: "Nothing has been paid yet", text: "The payment was not completed." },
    expired: { title: "This checkout has expired", text: NOTHING_PAID },
    failed: { title: "The payment failed", text: NOTHING_PAID },
  } as Record<string, State>,
  recorded: { title: "This payment is recorded", text: "Ask Carevia Support about it if something is unclear." },
};

export type Words = typeof en;
export const words = spoken(en, bn);
