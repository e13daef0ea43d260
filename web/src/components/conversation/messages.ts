// Words of the inside of a conversation: attachments, private notes, saved replies, who is viewing.
import { spoken } from "@/lib/language";
import { bn } from "./messages.bn";

const are = (names: readonly string[]) =>
  names.length === 1 ? `${names[0]} is` : `${names.slice(0, -1).join(", ")} and ${names.at(-1)} are`;

const en = {
  newest: "Go to the newest message",
  history: "Earlier messages",
  said: (name: string, time: string) => `${name}, ${time}: `,
  newBelow: (n: number) => (n === 1 ? "1 new message below" : `${n} new messages below`),
  opensNew: "opens in a new tab",
  typing: (names: readonly string[]) => `${are(names)} typing`,
  viewing: (names: readonly string[]) => `${are(names)} viewing`,
  writing: (names: readonly string[]) => `${are(names)} writing`,
  answering: (names: readonly string[]) => `${are(names)} answering. Send anyway?`,
  sendAnyway: "Send anyway",
  draftKept: { server: "Draft saved", browser: "Draft saved in this browser" },
  away: (lapse: string, n: number) =>
    n === 1 ? `You were away ${lapse}. 1 missed message added.` : `You were away ${lapse}. ${n} missed messages added.`,
  note: "Note",
  noteBy: (name: string) => `Note by ${name}, only staff see it`,
  reply: "Reply",
  mode: "What you write",
  writeNote: "Write a note. Only staff see it.",
  saveNote: "Save note",
  noFilesInNotes: "Not attached: a note has text only. Choose Reply to send the customer a file.",
  attach: "Attach a file",
  attachments: "Attachments",
  picture: (name: string) => `Picture: ${name}`,
  file: (name: string, size: string) => `${name}, PDF, ${size}`,
  uploading: (name: string, percent: number) => `${name}, ${percent}% uploaded`,
  uploaded: (name: string) => `${name}, ready to send`,
  uploadFailed: (why: string) => (why ? `Not uploaded: ${why}` : "Not uploaded: the server does not answer."),
  removeFile: (name: string) => `Remove ${name}`,
  refused: {
    type: (name: string) => `${name} cannot be attached: only JPEG, PNG, WebP and GIF pictures and PDF can.`,
    size: (name: string) => `${name} cannot be attached: it is larger than 10 MB.`,
    many: (name: string) => `${name} was not attached: a message has at most 10 attachments.`,
  },
  replies: "Saved replies",
  repliesHint: "/ for saved replies",
  noReplies: "No saved reply matches. Enter sends what you wrote.",
  repliesFailed: (why: string) => `Saved replies did not load. ${why}`,
  manageReplies: "Edit saved replies",
  shortcut: "Word after the slash",
  replyText: "Text",
  saveReply: "Save reply",
  newReply: "New reply",
  editReply: (shortcut: string) => `Edit /${shortcut}`,
  removeReply: (shortcut: string) => `Remove /${shortcut}`,
  removeForAll: (shortcut: string) => `Remove /${shortcut} for all staff?`,
  remove: "Remove",
  shortcutWrong: "Write one word, without a space or a slash.",
  replyTextMissing: "Write the text of the reply.",
};

export type Words = typeof en;
export const words = spoken(en, bn);
