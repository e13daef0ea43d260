// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";
import { Connection } from "@/lib/socket/connection";
import { newest } from "@/testing/fake-socket";
import { Outbox, type Sent } from "./outbox";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

let outbox: Outbox;
let sent: Sent[];

beforeEach(async () => {
  outbox = new Outbox(new Connection({ url: "http://desk.example" }));
  sent = [];
  outbox.subscribe((one) => sent.push(one));
  await turn();
});

const turn = () => new Promise((done) => setTimeout(done));
const states = () => outbox.entries.map(({ text, state }) => `${text}: ${state}`);
const asked = () => newest().asked.map(({ payload }) => payload as { id: string; text: string; roomId: string });

test("a message is sending until the server has taken it", async () => {
  await newest().accept("s1");
  outbox.send("u1", "Hello");
  expect(states()).toEqual(["Hello: sending"]);
  expect(asked()[0]).toMatchObject({ roomId: "u1", text: "Hello" });
  expect(asked()[0]?.id).toMatch(/^\d{13}-[0-9a-f-]{36}$/);
  newest().asked[0]?.answer({ ok: true, id: asked()[0]?.id, seq: 7, time: "2026-11-23T10:00:00.000Z" });
  await turn();
  expect(states()).toEqual([]);
  expect(sent).toMatchObject([{ roomId: "u1", text: "Hello", seq: 7 }]);
});

test("what is written while away waits, and goes out in order with its first id", async () => {
  outbox.send("u1", "one");
  outbox.send("u1", "two");
  await turn();
  expect(states()).toEqual(["one: waiting", "two: waiting"]);
  const ids = outbox.entries.map((entry) => entry.id);
  await newest().accept("s1");
  expect(asked().map(({ id }) => id)).toEqual(ids);
});

test("a message whose answer was lost is sent again under the same id", async () => {
  await newest().accept("s1");
  outbox.send("u1", "Hello");
  newest().lose();
  newest().asked[0]?.fail(new Error("socket has been disconnected"));
  await turn();
  expect(states()).toEqual(["Hello: waiting"]);
  await newest().accept("s2");
  expect(asked()).toHaveLength(2);
  expect(asked()[1]?.id).toBe(asked()[0]?.id);
  newest().asked[1]?.answer({ ok: true, seq: 7, time: "2026-11-23T10:00:00.000Z" });
  await turn();
  expect(sent).toHaveLength(1);
});

test("a refused message says why, and is sent again or dropped by a person only", async () => {
  await newest().accept("s1");
  outbox.send("u1", "Hello");
  newest().asked[0]?.answer({ ok: false, error: "The conversation is closed." });
  await turn();
  expect(outbox.entries[0]).toMatchObject({ state: "refused", error: "The conversation is closed." });
  newest().lose();
  await newest().accept("s2");
  expect(asked()).toHaveLength(1);
  outbox.again(outbox.entries[0]?.id ?? "");
  expect(asked()).toHaveLength(2);
  outbox.drop(outbox.entries[0]?.id ?? "");
  newest().asked[1]?.answer({ ok: true, seq: 7, time: "2026-11-23T10:00:00.000Z" });
  await turn();
  expect(sent).toEqual([]);
});

test("a server that is connected and silent is asked three times", async () => {
  await newest().accept("s1");
  outbox.send("u1", "Hello");
  for (const n of [0, 1, 2]) {
    newest().asked[n]?.fail(new Error("operation has timed out"));
    await turn();
  }
  expect(asked()).toHaveLength(3);
  expect(states()).toEqual(["Hello: refused"]);
});
