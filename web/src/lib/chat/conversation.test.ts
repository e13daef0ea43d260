import { expect, test } from "vitest";
import { apply, type Conversation, type ConversationEvent, EMPTY, type MessageFact, reopened } from "./conversation";

const fact = (seq: number, senderId = "u1", id = `m${seq}`): MessageFact => ({
  id,
  senderId,
  senderName: senderId,
  text: `text ${seq}`,
  time: new Date(seq * 1_000).toISOString(),
  seq,
});
const facts = (...seqs: number[]) => seqs.map((seq) => fact(seq));
const run = (...events: ConversationEvent[]) => events.reduce(apply, EMPTY);
const page = (rows: MessageFact[], hasMore = false): ConversationEvent => ({ type: "page_loaded", rows, hasMore });
const arrived = (row: MessageFact): ConversationEvent => ({ type: "message_arrived", row });
const seqs = (state: Conversation) => state.messages.map((message) => message.seq);

test("a message that comes twice stands once", () => {
  expect(seqs(run(page(facts(1, 2)), arrived(fact(2)), arrived(fact(3)), arrived(fact(3))))).toEqual([1, 2, 3]);
});

test("the same id of two senders are two messages", () => {
  expect(run(arrived(fact(1, "u1", "x")), arrived(fact(2, "u2", "x"))).messages).toHaveLength(2);
});

test("messages stand in the journal's order, however they come", () => {
  expect(seqs(run(arrived(fact(9)), arrived(fact(4)), page(facts(3, 4, 5, 9))))).toEqual([3, 4, 5, 9]);
});

test("an event that overtook the page stays", () => {
  expect(seqs(run(arrived(fact(5)), page(facts(3, 4))))).toEqual([3, 4, 5]);
});

test("whether there is more is said by the oldest page known", () => {
  const scrolled = run(page(facts(5, 6), true), { type: "older_loaded", rows: facts(3, 4), hasMore: false, before: 5 });
  expect([seqs(scrolled), scrolled.hasMore]).toEqual([[3, 4, 5, 6], false]);
  const again = apply(scrolled, page(facts(5, 6, 7), true));
  expect([seqs(again), again.hasMore]).toEqual([[3, 4, 5, 6, 7], false]);
});

test("a page that comes late and reaches further back says whether there is more", () => {
  const state = run(page(facts(5, 6), true), page(facts(1, 5), false));
  expect([seqs(state), state.hasMore]).toEqual([[1, 5, 6], false]);
});

test("what arrived before any page says nothing of what was before it", () => {
  expect(run(arrived(fact(4)), arrived(fact(5)), page(facts(5, 6), true)).hasMore).toBe(true);
});

test("after a long absence there is no hole: what stood before is left to scrolling back", () => {
  const state = run(page(facts(1, 2)), page(facts(60, 61), true), arrived(fact(62)));
  expect([seqs(state), state.hasMore]).toEqual([[60, 61, 62], true]);
});

const cut = (doubted = false): ConversationEvent => ({ type: "cut_off", doubted });
const joined = (rows: MessageFact[]): ConversationEvent => ({ type: "page_loaded", rows, hasMore: true, joined: true });

test("nor is there one where a message comes before the page that it stands in", () => {
  const state = run(page(facts(1, 2)), cut(), arrived(fact(62)), cut(), joined(facts(60, 61, 62)));
  expect(seqs(state)).toEqual([60, 61, 62]);
  const later = [arrived(fact(63)), cut(), page(facts(62, 63, 64), true), joined(facts(63, 64))];
  const whole = later.reduce(apply, state);
  expect(seqs(whole)).toEqual([60, 61, 62, 63, 64]);
  const unheard = [cut(), page(facts(64, 65), true), arrived(fact(90)), joined(facts(88, 89, 90))];
  expect(seqs(unheard.reduce(apply, whole))).toEqual([88, 89, 90]);
});

test.each([
  ["a reset", [cut(true)]],
  ["a reset that is told behind a reconnection", [cut(), cut(true)]],
])("after %s only what the server says is there, and what has come since", (_, told) => {
  const state = run(page(facts(1, 900)), ...told, arrived(fact(3)), joined(facts(1, 2)));
  expect(seqs(state)).toEqual([1, 2, 3]);
});

test("a tick is never taken back", () => {
  const seen: MessageFact = { ...fact(1), status: "seen" };
  expect(run(page([seen]), page([{ ...fact(1), status: "sent" }])).messages[0]?.status).toBe("seen");
});

test("only what came after opening is new", () => {
  const state = run(page(facts(1, 2)), arrived(fact(3)), page(facts(1, 2, 3, 4)));
  expect(state.opened).toBe(2);
  const again = apply(reopened(state), { type: "page_loaded", rows: facts(3, 4, 5), hasMore: true });
  expect(again.opened).toBe(5); // all that was written meanwhile is history
});

test("events applied to the old page equal the new page", () => {
  const events = run(page(facts(1, 2)), arrived(fact(4)), arrived(fact(3)), arrived(fact(4)));
  expect(events.messages).toEqual(run(page(facts(1, 2, 3, 4))).messages);
});

const status = (by: "customer" | "staff", delivered: number, seen = 0): ConversationEvent => ({
  type: "status_changed",
  status: { roomId: "u1", by, delivered, seen },
});
const ticks = (state: Conversation) => state.messages.map((message) => message.status);

test("a side that has got further ticks the other side's messages, up to there", () => {
  const rows = [fact(1, "u1"), fact(2, "s1"), fact(3, "s2"), fact(4, "s1")];
  expect(ticks(run(page(rows), status("customer", 3, 2)))).toEqual(["sent", "seen", "delivered", "sent"]);
  expect(ticks(run(page(rows), status("staff", 9, 9)))).toEqual(["seen", "sent", "sent", "sent"]);
});

test("an older page that overtook nothing gets the ticks that are known", () => {
  const state = run(page([fact(5, "s1")], true), status("customer", 9, 9));
  const older: ConversationEvent = { type: "older_loaded", rows: [fact(2, "s1")], hasMore: false, before: 5 };
  expect(ticks(apply(state, older))).toEqual(["seen", "seen"]);
});

test("a message that comes after what was seen is sent only", () => {
  expect(ticks(run(page([fact(5, "s1")]), status("customer", 5, 5), arrived(fact(6, "s1"))))).toEqual(["seen", "sent"]);
});

test("a private note has no ticks and is no message of the same id", () => {
  const state = run(
    arrived(fact(1, "s1", "x")),
    arrived({ ...fact(2, "s1", "x"), note: true }),
    status("customer", 9, 9),
  );
  expect(state.messages.map(({ note, status: tick }) => [note, tick])).toEqual([
    [false, "seen"],
    [true, "sent"],
  ]);
});
