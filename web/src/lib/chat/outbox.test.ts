// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";
import { Connection, type Listener } from "@/lib/socket/connection";
import { newest } from "@/testing/fake-socket";
import { Outbox, type OutboxEvent } from "./outbox";
import { MemoryStore } from "./outbox-store";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

let store: MemoryStore;
let outbox: Outbox;
let events: OutboxEvent[];

beforeEach(async () => {
  store = new MemoryStore();
  outbox = await opened();
});

/** The outbox of a page that has just been loaded. */
async function opened(): Promise<Outbox> {
  const connection = new Connection({ url: "http://desk.example" });
  connection.open();
  const made = new Outbox("s1", connection, store);
  events = [];
  made.subscribe((event) => events.push(event));
  await turn();
  return made;
}

const turn = () => new Promise((done) => setTimeout(done));
const states = () => outbox.entries.map(({ text, state }) => `${text}: ${state}`);
const asked = () => newest().asked.map(({ payload }) => payload as { id: string; text: string; roomId: string });
const answer = async (n: number, ack: unknown) => {
  newest().asked[n]?.answer(ack);
  await turn();
};
const taken = (seq: number) => ({ ok: true, seq, time: "2026-11-23T10:00:00.000Z" });
const send = async (...texts: string[]) => {
  for (const text of texts) outbox.send("u1", text);
  await turn();
};

test("a message is sending until the server has taken it; it is out of the list before the conversation has it", async () => {
  await newest().accept("s1");
  const left: string[][] = [];
  outbox.subscribe(() => left.push(states()));
  await send("Hello");
  expect(states()).toEqual(["Hello: sending"]);
  expect(asked()[0]).toMatchObject({ roomId: "u1", text: "Hello", as: "s1" });
  expect(asked()[0]?.id).toMatch(/^\d{13}-[0-9a-f]{32}$/);
  await answer(0, taken(7));
  expect(left).toEqual([[]]);
  expect(events).toMatchObject([{ type: "sent", sent: { roomId: "u1", text: "Hello", seq: 7 } }]);
});

test("what is asked for in the very moment in which it has looked is not forgotten", async () => {
  let status = "disconnected";
  let connected = () => {};
  const ask = vi.fn(async () => taken(7));
  const subscribe = (listener: Listener) => {
    connected = () => listener({ type: "connected", id: "x", recovered: false });
    return () => {};
  };
  const connection = {
    ask,
    subscribe,
    get snapshot() {
      return { status };
    },
  };
  outbox = new Outbox("s1", connection as unknown as Connection, store);
  await send("Hello");
  connected(); // it looks, and may not send
  status = "connected";
  connected();
  await turn();
  expect(ask).toHaveBeenCalledOnce();
});

test("what does not go out at once waits, and can be taken back, though the one before it is under way", async () => {
  vi.useFakeTimers();
  await newest().accept("s1");
  outbox.send("u1", "one");
  outbox.send("u1", "two");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(states()).toEqual(["one: sending", "two: sending"]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(states()).toEqual(["one: sending", "two: waiting"]);
  vi.useRealTimers();
});

test("that is so too where the device's clock was set back since it was written", async () => {
  vi.useFakeTimers();
  await newest().accept("s1");
  outbox.send("u1", "one");
  outbox.send("u1", "two");
  vi.setSystemTime(Date.now() - 3_600_000);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(states()).toEqual(["one: sending", "two: waiting"]);
  vi.useRealTimers();
});

test("a look into the store that is over late does not bring back what was sent meanwhile", async () => {
  await newest().accept("s1");
  await send("Hello");
  const before = await store.all();
  let look = (_: typeof before) => {};
  vi.spyOn(store, "all").mockReturnValueOnce(
    new Promise((done) => {
      look = done;
    }),
  );
  outbox.again("another"); // it looks after each change
  await answer(0, taken(7));
  const shown: string[] = [];
  outbox.watch(() => shown.push(...states()));
  look(before);
  await turn();
  expect(shown).toEqual([]);
});

test("what is written in the moment in which the one before it is taken goes out next", async () => {
  await newest().accept("s1");
  await send("one");
  const all = store.all.bind(store);
  let look = () => {};
  vi.spyOn(store, "all").mockImplementationOnce(async () => {
    const both = await all();
    await new Promise<void>((done) => {
      look = done;
    });
    return both;
  });
  await send("two");
  await answer(0, taken(7));
  look();
  await turn();
  expect(states()).toEqual(["two: sending"]);
  expect(asked().map(({ text }) => text)).toEqual(["one", "two"]);
});

/** The looks into the store that begin from now on are over one by one, as they are let go. */
function heldLooks(): (() => Promise<unknown>)[] {
  const held: (() => Promise<unknown>)[] = [];
  const all = store.all.bind(store);
  vi.spyOn(store, "all").mockImplementation(async () => {
    const found = await all();
    await new Promise<void>((done) => {
      held.push(() => {
        done();
        return turn();
      });
    });
    return found;
  });
  return held;
}

test("what is written while another is taken back goes out, whichever look is over first", async () => {
  await newest().accept("s1");
  await send("one");
  await answer(0, { ok: false, error: "No." });
  const looks = heldLooks();
  await send("two");
  outbox.drop(outbox.entries[0]?.id ?? "");
  await turn();
  while (looks.length > 0) await looks.shift()?.();
  expect(states()).toEqual(["two: sending"]);
  expect(asked().map(({ text }) => text)).toEqual(["one", "two"]);
});

test("what is written stands there all the while, also until it was seen in the store", async () => {
  const looks = heldLooks();
  await send("one");
  expect(looks).toHaveLength(1);
  outbox.send("u1", "two");
  expect(states()).toEqual(["one: storing", "two: storing"]);
});

test("away, a message is said to wait, as it does through a reload, once it is in the store", async () => {
  const add = store.add.bind(store);
  let keep = () => {};
  const asked = new Promise<void>((done) => (keep = done));
  vi.spyOn(store, "add").mockImplementation(async (entry) => {
    await asked;
    await add(entry);
  });
  outbox.send("u1", "On the train");
  await turn();
  expect(outbox.entries.map(({ state }) => state)).toEqual(["storing"]);
  keep();
  await turn();
  expect(outbox.entries.map(({ state }) => state)).toEqual(["waiting"]);
});

test("half a character, which no server takes, is sent as a sign of its own, and whole ones as they are", async () => {
  await newest().accept("s1");
  await send("😀 cut \ud83d", "\ude00 front");
  expect(asked().map(({ text }) => text)).toEqual(["😀 cut \ufffd"]);
  await answer(0, taken(7));
  expect(asked().map(({ text }) => text)).toEqual(["😀 cut \ufffd", "\ufffd front"]);
});

test("what is written while away waits, outlives the page, and goes out in order with its first id", async () => {
  await send("one", "two");
  expect(states()).toEqual(["one: waiting", "two: waiting"]);
  const ids = outbox.entries.map((entry) => entry.id);
  outbox.close();
  outbox = await opened();
  expect(states()).toEqual(["one: waiting", "two: waiting"]);
  await newest().accept("s1");
  await turn();
  await answer(0, taken(7));
  await answer(1, taken(8));
  expect(asked().map(({ id }) => id)).toEqual(ids);
  expect(states()).toEqual([]);
});

test("what is written as the page is left is kept, and another tab told that it can send it", async () => {
  const closed = vi.spyOn(store, "close");
  const told = vi.spyOn(store, "tell");
  outbox.send("u1", "Hello");
  outbox.close();
  expect(closed).not.toHaveBeenCalled();
  await turn();
  expect(await store.all()).toMatchObject([{ text: "Hello" }]);
  expect(told).toHaveBeenCalledWith({ type: "changed" });
  expect(told.mock.invocationCallOrder[0]).toBeLessThan(closed.mock.invocationCallOrder[0] ?? 0);
});

test("the next goes out when the one before is decided, so that nothing overtakes", async () => {
  await newest().accept("s1");
  await send("one", "two");
  expect(asked()).toHaveLength(1);
  await answer(0, { ok: false, error: "No." });
  expect(asked().map(({ text }) => text)).toEqual(["one", "two"]);
});

test("a message whose answer was lost is sent again under the same id", async () => {
  await newest().accept("s1");
  await send("Hello");
  newest().lose();
  newest().asked[0]?.fail(new Error("socket has been disconnected"));
  await turn();
  expect(outbox.entries).toMatchObject([{ text: "Hello", tried: true }]);
  await newest().accept("s2");
  await turn();
  expect(asked()).toHaveLength(2);
  expect(asked()[1]?.id).toBe(asked()[0]?.id);
  await answer(1, taken(7));
  expect(events).toHaveLength(1);
});

test("a refused message says why, and is sent again or dropped by a person only", async () => {
  await newest().accept("s1");
  await send("Hello");
  await answer(0, { ok: false, error: "The conversation is closed." });
  expect(outbox.entries[0]).toMatchObject({ state: "refused", refused: "The conversation is closed." });
  newest().lose();
  await newest().accept("s2");
  await turn();
  expect(asked()).toHaveLength(1);
  outbox.again(outbox.entries[0]?.id ?? "");
  await turn();
  expect(asked()).toHaveLength(2);
});

test("too fast is no refusal: it is sent again a moment later", async () => {
  await newest().accept("s1");
  await send("Hello");
  vi.useFakeTimers();
  newest().asked[0]?.answer({ ok: false, error: "Too many events at once.", code: "rate_limited" });
  await vi.advanceTimersByTimeAsync(1_000);
  vi.useRealTimers();
  expect(asked()).toHaveLength(2);
  expect(asked()[1]?.id).toBe(asked()[0]?.id);
});

test("what the conversation has, though its answer was lost, waits no more and goes out no more", async () => {
  await newest().accept("s1");
  await send("Hello", "Who comes?");
  await newest().lose();
  outbox.forget(asked()[0]?.id ?? "");
  expect(states().map((state) => state.split(":")[0])).toEqual(["Who comes?"]); // at once, or it would stand in both
  await turn();
  outbox.close();
  outbox = await opened();
  await newest().accept("s2");
  await turn();
  expect(asked().map(({ text }) => text)).toEqual(["Who comes?"]);
});

test("what waits can be taken back, also by two presses; what is just going out cannot", async () => {
  await send("one", "two");
  const one = outbox.entries[0]?.id ?? "";
  outbox.drop(one);
  outbox.drop(one);
  await turn();
  expect(events).toEqual([]);
  await newest().accept("s1");
  await turn();
  outbox.drop(outbox.entries[0]?.id ?? "");
  await answer(0, taken(7));
  expect(asked().map(({ text }) => text)).toEqual(["two"]);
  expect(events).toMatchObject([{ type: "sent" }]);
});

test("nor can what is about to go out: it would be gone from here, and be sent", async () => {
  await send("Hello");
  const looks = heldLooks();
  await newest().accept("s1");
  await turn();
  await looks.shift()?.();
  outbox.drop(outbox.entries[0]?.id ?? "");
  while (looks.length > 0) await looks.shift()?.();
  expect(asked().map(({ text }) => text)).toEqual(["Hello"]);
  expect(states()).toEqual(["Hello: sending"]);
});

test("what is taken back before it was seen in the store is gone", async () => {
  const looks = heldLooks();
  await send("one");
  outbox.drop(outbox.entries[0]?.id ?? "");
  await turn();
  await looks.pop()?.(); // of who takes it back
  await looks.pop()?.(); // of who wrote it
  expect(states()).toEqual([]);
});

test("what another tab takes back as it is about to go out does not hold up the next", async () => {
  await send("one", "two");
  const looks = heldLooks();
  await newest().accept("s1");
  await turn();
  await store.remove(outbox.entries[0]?.id ?? "");
  while (looks.length > 0) await looks.shift()?.();
  expect(asked().map(({ text }) => text)).toEqual(["two"]);
});

test("what was taken back after it had gone out once leaves a doubt", async () => {
  await newest().accept("s1");
  await send("Hello");
  newest().lose();
  newest().asked[0]?.fail(new Error("socket has been disconnected"));
  await turn();
  outbox.drop(outbox.entries[0]?.id ?? "");
  await turn();
  expect(states()).toEqual([]);
  expect(events).toEqual([{ type: "withdrawn", roomId: "u1" }]);
  await newest().accept("s2");
  await turn();
  expect(asked()).toHaveLength(1);
});

test("so does what another tab has sent, as far as this one has not been told of it", async () => {
  await send("Hello");
  const id = outbox.entries[0]?.id ?? "";
  await store.change(id, { tried: true }); // and was killed
  outbox.drop(id);
  await turn();
  expect(events).toEqual([{ type: "withdrawn", roomId: "u1" }]);
});

test.each([
  ["somebody else is", "not_yours"],
  ["nobody is", "unauthorized"],
])("while %s signed in, it waits for whoever wrote it", async (_, code) => {
  await newest().accept("s1");
  await send("Hello");
  await answer(0, { ok: false, error: "You are not signed in as its writer.", code });
  expect(outbox.entries).toMatchObject([{ text: "Hello", refused: null }]);
  expect(asked()).toHaveLength(1);
});

test("a server that is connected and silent is asked three times", async () => {
  await newest().accept("s1");
  await send("Hello");
  for (const n of [0, 1, 2]) {
    newest().asked[n]?.fail(new Error("operation has timed out"));
    await turn();
  }
  expect(asked()).toHaveLength(3);
  expect(states()).toEqual(["Hello: refused"]);
});
