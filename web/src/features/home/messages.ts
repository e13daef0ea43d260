import { spoken } from "@/lib/language";
import { bn } from "./messages.bn";

const en = {
  title: "Bookings and chat of a care service, live",
  start: "Start",
  lead: "A payment is on your screen before the customer puts the phone down.",
  signedIn: (name: string) => `Signed in as ${name}.`,
  doors: {
    test: { name: "Connection test", text: "See the socket connect, break and come back. Works without signing in." },
    desk: { name: "Desk", text: "For staff: bookings as they are paid, customers, and their conversations." },
    chat: { name: "Customer chat", text: "For customers: write to Carevia Support." },
    login: { name: "Sign in", text: "Staff and customers use the same door." },
    docs: { name: "API description", text: "Every address of the server, what it takes and what it answers." },
  },
};

export type Words = typeof en;
export const words = spoken(en, bn);
