import { describe, expect, test } from "vitest";
import {
  booked,
  type Change,
  type Conversations,
  type ConversationUpdated,
  conversationOf,
  type ListedPage,
  named,
  ordered,
  settled,
  told,
  withChanges,
  withPage,
} from "./conversations";
import type { Conversation } from "./get-conversations";

const OPEN = { filter: "open", unread: false } as const;
const row = (n: number, change: Partial<Conversation> = {}): Conversation => ({
  ...{ _id: `u${n}`, firstName: "Customer", lastName: String(n), email: "", image: null, lastLoginAt: null },
  ...{ status: "open", assignee: null, unread: 0, waiting: null, waitingSince: null, activity: n },
  ...{ lastMessage: null, seq: n, ...change },
});
const page = (rows: Conversation[], asOf: number, change: Partial<ListedPage> = {}): ListedPage => ({
  ...{ rows, asOf, hasMore: false, query: OPEN, me: "s1", ...change },
});
const wrote = (n: number, seq: number, unread = 1, read = false): ConversationUpdated => ({
  ...{ roomId: `u${n}`, seq, unread, read, userName: "", userEmail: "", status: "open", assignee: null },
  ...{ waiting: unread ? seq : null, waitingSince: null, activity: seq },
  lastMessage: { id: `m${seq}`, senderId: `u${n}`, senderName: "", text: "Hi", time: "2026-11-23T10:00:00.000Z" },
});
const order = (all: Conversations, query: Parameters<typeof ordered>[1] = OPEN) =>
  ordered(all, query, "s1").map(({ _id }) => _id);
const of = (...rows: Conversation[]) => withPage({}, page(rows, 0));
const heard = (all: Conversations, ...changes: Change[]) => withChanges(all, changes);
const books = (n: number, seq = n) => booked({ userId: `u${n}`, userName: "", userEmail: "" }, seq, 0);

test("who waits longest comes first, then the last activity", () => {
  const all = of(row(9), row(4), row(7, { waiting: 6 }), row(5, { waiting: 3 }));
  expect(order(all)).toEqual(["u5", "u7", "u9", "u4"]);
});

test("filters are those of the server", () => {
  const mine = { _id: "s1", name: "Me" };
  const all = of(row(1, { assignee: mine }), row(2, { unread: 1 }), row(3, { status: "closed", assignee: mine }));
  expect(order(all)).toEqual(["u2", "u1"]);
  expect(order(all, { ...OPEN, filter: "mine" })).toEqual(["u1"]);
  expect(order(all, { ...OPEN, filter: "unassigned" })).toEqual(["u2"]);
  expect(order(all, { ...OPEN, filter: "closed" })).toEqual(["u3"]);
  expect(order(all, { ...OPEN, unread: true })).toEqual(["u2"]);
});

describe("of an event and a page the newer one wins", () => {
  test("an event that is in the page already changes nothing, and one that comes again neither", () => {
    const all = of(row(1, { seq: 20, unread: 3 }));
    expect(heard(all, told(wrote(1, 17), 18, 0))).toBe(all);
    const once = heard(all, told(wrote(1, 20, 4), 21, 0));
    expect(heard(once, told(wrote(1, 20, 4), 21, 0))).toBe(once);
  });

  test("a page from before the event does not undo it, one from after it is the truth", () => {
    const read = heard(of(row(1, { seq: 20, unread: 3 })), told(wrote(1, 19, 0, true), 22, 0));
    expect(withPage(read, page([row(1, { seq: 20, unread: 3 })], 21)).u1?.unread).toBe(0);
    expect(withPage(read, page([row(1, { seq: 25, unread: 1 })], 26)).u1?.unread).toBe(1);
  });

  test("who was closed while this page was away has gone, who wrote since the page was made stays", () => {
    const all = heard(of(row(1), row(2)), told(wrote(3, 30), 31, 0));
    expect(order(withPage(all, page([row(1)], 30)))).toEqual(["u3", "u1"]);
  });

  test("beyond the end of the pages nobody is missed", () => {
    const all = of(row(9), row(5), row(1));
    expect(order(withPage(all, page([row(9), row(4)], 20, { hasMore: true })))).toEqual(["u9", "u4", "u1"]);
  });
});

test("what no event tells of comes with a page that knows as much", () => {
  const all = of(row(1, { seq: 5 }));
  const later = withPage(all, page([row(1, { seq: 5, image: "https://site.example/u1.png" })], 5));
  expect(conversationOf(later, "u1")?.image).toBe("https://site.example/u1.png");
});

test("a booking names its customer, and puts nobody on the list", () => {
  const whose = (n: number) => named({ userId: `u${n}`, userName: "Nusrat Jahan", userEmail: "" });
  const all = of(row(1));
  expect(conversationOf(heard(all, whose(1)), "u1")).toMatchObject({ firstName: "Nusrat", lastName: "Jahan" });
  expect(heard(all, whose(2))).toBe(all);
});

test("a burst of newcomers keeps who waits and the newest, and so many rows at most", () => {
  let all = of(row(1, { waiting: 1, unread: 1 }), row(2));
  for (let n = 3; n < 2_003; n += 2) all = heard(all, books(n), books(n + 1));
  expect(order(all).length).toBeLessThanOrEqual(400);
  expect(order(all).slice(0, 3)).toEqual(["u1", "u2002", "u2001"]);
  expect(all.u2).toBeUndefined();
});

test("events of one frame are as if they had come one by one", () => {
  const all = of(row(1), row(2, { unread: 1 }));
  const changes = [books(1, 10), told(wrote(1, 11), 12, 5), books(3, 13), told(wrote(1, 14, 2), 15, 6), books(1, 9)];
  const together = heard(all, ...changes);
  expect(together).toEqual(changes.reduce((known, change) => heard(known, change), all));
  expect(together.u1).toMatchObject({ seq: 15, unread: 2, activity: 14, movedAt: 6 });
  expect(together.u2).toBe(all.u2);
});

test("a row that is only read is not new", () => {
  const all = heard(of(row(1, { unread: 1 })), told(wrote(1, 1, 0, true), 5, 77));
  expect(all.u1).toMatchObject({ unread: 0, movedAt: null });
  expect(heard(all, told(wrote(1, 6), 7, 77)).u1?.movedAt).toBe(77);
});

test.each(["constructor", "__proto__"])("a customer whose id is %s is a customer like any other", (id) => {
  const all = heard(of(row(1)), booked({ userId: id, userName: "Nusrat Jahan", userEmail: "" }, 7, 0));
  expect(order(all)).toEqual([id, "u1"]);
  expect(conversationOf(all, id)).toMatchObject({ _id: id, lastName: "Jahan", unread: 0 });
  expect(conversationOf({}, id)).toBeUndefined();
});

test("rows under the hand stay, and what is new waits", () => {
  const rows = ordered(of(row(1), row(2), row(3)), OPEN, "s1");
  expect(settled(rows, ["u1", "u2"])).toMatchObject({ rows: [{ _id: "u1" }, { _id: "u2" }], waiting: 1 });
  expect(settled(rows, null)).toEqual({ rows, waiting: 0 });
});

test("rows that come below those under the hand are shown: the rest of a list that was asked for", () => {
  const rows = ordered(of(row(1), row(2), row(3), row(4)), OPEN, "s1");
  expect(settled(rows, ["u3", "u2"])).toMatchObject({
    rows: [{ _id: "u3" }, { _id: "u2" }, { _id: "u1" }],
    waiting: 1,
  });
});
