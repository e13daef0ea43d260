import { spoken } from "@/lib/language";
import { bn } from "./messages.bn";

const en = {
  title: "Chat",
  support: "Carevia Support",
  presence: {
    here: "Here now",
    away: "Away at the moment. We answer as soon as we are back.",
    offline: "Not at the desk now. Write all the same, we answer as soon as we are back.",
  },
  write: "Write a message",
  signInFirst: "Sign in to write to Carevia Support and to see your conversation.",
  staff: "This is the customers' side of the chat. You are signed in as staff: your conversations are on the desk.",
  signIn: "Sign in",
  toDesk: "Open the desk",
};

export type Words = typeof en;
export const words = spoken(en, bn);
