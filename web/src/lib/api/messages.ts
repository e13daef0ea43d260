// What the API's answers are called where the server itself has said nothing.
import { spoken } from "@/lib/language";
import { bn } from "./messages.bn";

const en = {
  silent: "The server does not answer. Check your connection and try again.",
  unexplained: (status: string) => `The server answered ${status} without saying why. Try again.`,
  unread: "The conversation could not be read. Try again.",
};

export type Words = typeof en;
export const words = spoken(en, bn);
