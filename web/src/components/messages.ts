// Words of the parts that several pages share.
import { spoken } from "@/lib/language";
import { bn } from "./messages.bn";

const en = {
  brand: "Carevia",
  signIn: "Sign in",
  signOut: "Sign out",
  signInEnded: (time: string) => `Your sign-in ended at ${time}. Nothing is lost: your draft is still here.`,
  account: (name: string) => `Account of ${name}`,
  theme: { label: "Light or dark", system: "As the system", light: "Light", dark: "Dark" },
  close: "Close",
  tryAgain: "Try again",
  tryNow: "Try now",
  seconds: (n: number) => `${n} s`,
  connectAgain: "Connect again",
  skip: "Skip to the content",
  loading: "Loading",
  loadingLong: "This takes longer than usual.",
  state: {
    connecting: "Connecting",
    live: "Live",
    checking: "Checking",
    stale: "Stale",
    reconnecting: "Reconnecting",
    offline: "Offline",
    refused: "Refused",
    ended: "Disconnected",
  },
  event: "event",
  noEvent: "no event yet",
  stale: (time: string) => `You see the desk as it was at ${time}. Everything since then is kept and will be added.`,
  staleChat: (time: string) =>
    `You see your chat as it was at ${time}. Everything since then is kept and will be added.`,
  staleNever: "We are not connected. Nothing is lost, and we keep trying.",
  refused: (why: string) => `The server refused the connection: ${why}.`,
  ended: "The server ended this connection. You may have signed out, or opened too many tabs.",
  presence: {
    here: "Online",
    away: "Away",
    offline: "Offline",
    was: "Was online",
    left: (time: string) => `Was online at ${time}`,
  },
  conversation: {
    label: "Messages",
    new: "New messages",
    older: "Show older messages",
    none: "No messages yet. Write the first one.",
    you: "You",
    sent: "Sent",
    delivered: "Delivered",
    seen: "Seen",
    sending: "Sending…",
    waiting: "Waiting for the connection",
    refused: (why: string) => `Not sent: ${why}`,
    noAnswer: "the server did not answer.",
    remove: "Remove",
    cancel: "Cancel",
    about: (action: string, message: string) => `${action}: ${message}`,
    outbox: (n: number) =>
      n === 1
        ? "1 message waits here. It goes out by itself, once, also after a reload."
        : `${n} messages wait here. They go out by themselves, once, also after a reload.`,
    send: "Send",
    message: "Message",
    tooLong: "A message has at most 10,000 characters.",
  },
  crash: {
    title: "This page stopped",
    text: "Something in this page failed. Nothing you saved is lost. Load the page again.",
    reload: "Load again",
  },
  notFound: {
    title: "There is no such page",
    text: "The address may be mistyped.",
    home: "Go to the start page",
  },
};

export type Words = typeof en;
export const words = spoken(en, bn);
