// The oracle of tests/vectors: for every action of the system, what was sent, applied to what was shown, is what is shown
// afterwards. The file is made by the real services and held to them in Python; here it holds the browser's reducers.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type ConversationChanged, type ConversationUpdated, ordered } from "@/features/desk/conversations";
import type { Booking } from "@/features/desk/get-bookings";
import type { Conversation } from "@/features/desk/get-conversations";
import * as desk from "@/features/desk/state";
import * as chat from "@/lib/chat/conversation";

interface Snapshot {
  bookings?: Booking[];
  conversations?: Conversation[];
  messages?: chat.MessageFact[];
  hasMore?: boolean;
}

interface Told {
  name: string;
  args: unknown[];
  seq?: number;
  ack?: { seq: number; time: string };
  me?: { _id: string; name: string };
}

interface Case {
  case: string;
  audience: string;
  room: string | null;
  old: Snapshot;
  events: Told[];
  new: Snapshot;
}

interface Page {
  desk: desk.Desk;
  chat: chat.Conversation;
}

const FILE = fileURLToPath(new URL("../../tests/vectors/events.json", import.meta.url));
const CASES: Case[] = JSON.parse(readFileSync(FILE, "utf8"));
const T = 1_000;
const OPEN = { filter: "open", unread: false } as const;

function loaded({ bookings, conversations, messages, hasMore }: Snapshot): Page {
  let page: Page = { desk: desk.EMPTY, chat: chat.EMPTY };
  if (bookings && conversations) {
    const events: desk.DeskEvent[] = [
      { type: "bookings_loaded", bookings, requestedAt: T },
      { type: "conversations_loaded", page: { rows: conversations, hasMore: false, asOf: 0, query: OPEN, me: "" } },
    ];
    page = { ...page, desk: events.reduce(desk.apply, page.desk) };
  }
  if (messages) {
    const event = { type: "page_loaded" as const, rows: messages, hasMore: hasMore ?? false };
    page = { ...page, chat: chat.apply(page.chat, event) };
  }
  return page;
}

function told(page: Page, event: Told, room: string | null): Page {
  const said = event.args[0];
  const at = T + 1;
  const seq = event.seq ?? 0;
  switch (event.name) {
    case "customer_added":
      return onDesk(page, { type: "customer_added", booking: said as desk.CustomerAdded, seq, at });
    case "booking_updated":
      return onDesk(page, { type: "booking_updated", booking: said as Booking, at });
    case "payment_updated":
      return page; // it is of no booking: the list of payments is asked for again
    case "conversation_updated":
      return onDesk(page, { type: event.name, update: said as ConversationUpdated, seq, at });
    case "conversation_changed":
      return onDesk(page, { type: event.name, update: said as ConversationChanged, seq, at });
    case "receive_message": {
      const row = { ...(said as chat.MessageFact & { roomId: string }), seq: event.seq ?? 0 };
      return row.roomId === room ? withMessage(page, row) : page;
    }
    case "note_added": {
      const row = { ...(said as chat.MessageFact & { roomId: string }), seq: event.seq ?? 0, note: true };
      return row.roomId === room ? withMessage(page, row) : page;
    }
    case "message_status": {
      const status = said as chat.StatusFact;
      if (status.roomId !== room) return page;
      return { ...page, chat: chat.apply(page.chat, { type: "status_changed", status }) };
    }
    case "send_message": {
      const sender = { senderId: event.me?._id ?? "", senderName: event.me?.name ?? "" };
      const { seq, time } = event.ack as NonNullable<Told["ack"]>;
      return withMessage(page, { ...(said as chat.MessageFact), ...sender, seq, time });
    }
    default:
      throw new Error(`The pages do not know the event ${event.name}: apply it here as they do.`);
  }
}

const onDesk = (page: Page, event: desk.DeskEvent): Page => ({ ...page, desk: desk.apply(page.desk, event) });
const withMessage = (page: Page, row: chat.MessageFact): Page => ({
  ...page,
  chat: chat.apply(page.chat, { type: "message_arrived", row }),
});

const OWN_TO_THE_PAGE = new Set(["arrivedAt", "changedAt", "movedAt"]);
const ARRIVAL = ["userId", "userEmail", "userName", "serviceName", "trackingId", "amountPaid", "currency"];
const shown = (row: object) => Object.fromEntries(Object.entries(row).filter(([name]) => !OWN_TO_THE_PAGE.has(name)));

/** An arrival carries what the desk needs at once; the list completes it. What is there has to be right. */
function completed(row: object, listed: object | undefined) {
  const later = Object.entries(listed ?? {}).filter(([name]) => !ARRIVAL.includes(name));
  return { ...Object.fromEntries(later), ...shown(row) };
}

describe("events applied to the old snapshot equal the new snapshot", () => {
  test.each(CASES.map((one) => [`${one.case}, for ${one.audience}`, one] as const))("%s", (_, one) => {
    const after = one.events.reduce((page, event) => told(page, event, one.room), loaded(one.old));
    const fresh = loaded(one.new);
    const listed = fresh.desk.bookings.map(shown);
    expect(after.desk.bookings.map((row, place) => completed(row, listed[place]))).toEqual(listed);
    const people = [after, fresh].map((page) => ordered(page.desk.conversations, OPEN, "").map(shown));
    expect(people[0]).toEqual(people[1]);
    expect(after.chat.messages).toEqual(fresh.chat.messages);
  });
});

test("the oracle can fail", () => {
  const one = CASES.find((found) => found.case === "a customer pays" && found.audience === "a desk");
  expect(loaded((one as Case).old).desk.bookings).not.toEqual(loaded((one as Case).new).desk.bookings);
});
