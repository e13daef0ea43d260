// Words of the keyboard: what the commands are called, and the dialogs that show them.
import { spoken } from "@/lib/language";
import { bn } from "./messages.bn";

const en = {
  title: "Keyboard",
  search: "Search people, IDs, messages",
  palette: "Search and commands",
  placeholder: "Name, tracking ID, message, or what to do",
  nothing: (text: string) =>
    `Nothing for "${text}". We searched commands, names, emails, tracking IDs and every message.`,
  found: (n: number) => (n === 1 ? "1 result" : `${n} results`),
  failed: (why: string) => `The search failed. ${why}`,
  letters: "Single-letter shortcuts, except while you type",
  sends: "Sends a message",
  sendKeys: { enter: "Enter", mod: (mod: string) => `${mod} Enter` },
  afterwards: "then",
  or: "or",
  groups: { everywhere: "Everywhere", list: "In a list", conversation: "In a conversation" },
  does: {
    palette: "Search and commands",
    help: "Keyboard shortcuts",
    bookings: "Bookings",
    chat: "Chat",
    payments: "Payments",
    connections: "Connections",
    pane: "Next part of the page",
    paneBack: "Previous part of the page",
    back: "Back; the topmost layer closes first",
    sound: "Sound on or off",
    next: "Next row",
    previous: "Previous row",
    open: "Open the row",
    rowMenu: "What can be done with the row",
    filter: "Filter the list",
    unread: "Only unread conversations, or all",
    nextUnread: "Next unread conversation",
    previousUnread: "Previous unread conversation",
    reply: "Reply",
    note: "Write a note",
    assign: "Assign",
    close: "Close the conversation, or open it again",
    customer: "Customer panel",
    savedReplies: "Saved replies, in the message box",
    send: "Send the message",
    newLine: "New line",
  },
  soundNow: (on: boolean): string => (on ? "Sound is on." : "Sound is off."),
};

export type Words = typeof en;
export const words = spoken(en, bn);
