// @vitest-environment jsdom
import { beforeEach, describe, expect, test, vi } from "vitest";
import { alive, newest, opened } from "@/testing/fake-socket";
import { Connection, type ConnectionEvent, NotAnswered } from "./connection";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

let renew: () => Promise<boolean>;
let events: ConnectionEvent[];

function open(options: Partial<ConstructorParameters<typeof Connection>[0]> = {}): Connection {
  const connection = new Connection({ url: "http://desk.example", renew: () => renew(), ...options });
  connection.subscribe((event) => events.push(event));
  connection.open();
  return connection;
}

beforeEach(() => {
  opened.length = 0;
  vi.useFakeTimers();
  renew = async () => true;
  events = [];
});

const turn = () => vi.advanceTimersByTimeAsync(0);

test("one socket, polling first, that never gives up by itself (J13)", async () => {
  open();
  await turn();
  expect(alive()).toHaveLength(1);
  const { url, options } = newest();
  expect(url).toBe("http://desk.example");
  expect(options).toMatchObject({ forceNew: true, autoConnect: false, reconnectionDelayMax: 3_000 });
  expect(options).not.toHaveProperty("transports");
  expect(options).not.toHaveProperty("reconnectionAttempts");
});

test("closing takes off every listener and closes the socket, once", async () => {
  const connection = open();
  await turn();
  const socket = newest();
  await socket.accept("s1");
  socket.upgrade();
  expect(socket.everythingListening).toBeGreaterThan(5);
  connection.close();
  connection.close();
  expect(socket.everythingListening).toBe(0);
  expect(socket.disconnects).toBe(1);
  socket.deliver("customer_added", {});
  expect(events.map((event) => event.type)).toEqual(["connected"]);
});

test("a WebSocket that breaks while the page changes over to it leaves it deaf: it comes back at once", async () => {
  open();
  await turn();
  const socket = newest();
  await socket.accept("s1");
  const { engine } = socket.io;
  engine.fire("upgradeError", new Error("probe error"));
  expect(socket.disconnects).toBe(0); // it goes on polling
  engine.fire("upgrading");
  engine.fire("upgradeError", new Error("probe error"));
  expect([socket.disconnects, socket.connects]).toEqual([1, 2]);
  expect(socket.io.opts.rememberUpgrade).toBe(true);

  await socket.accept("s2");
  expect(socket.io.opts.rememberUpgrade).toBe(false); // where WebSockets are blocked next time, polling comes first again
  engine.fire("upgrading");
  engine.readyState = "closed"; // all of it is gone, which is noticed anyway
  engine.fire("upgradeError", new Error("probe error"));
  expect(socket.disconnects).toBe(1);
});

test("after a wire that went silent a WebSocket is tried first, after one that was cut polling", async () => {
  open();
  await turn();
  const socket = newest();
  await socket.accept("s1");
  socket.lose("transport close");
  expect(socket.io.opts.rememberUpgrade).toBe(false);
  await socket.accept("s2");
  socket.lose("ping timeout");
  expect(socket.io.opts.rememberUpgrade).toBe(true);
});

test("closed before it was opened, as StrictMode does, it never reaches the server", async () => {
  const connection = new Connection({ url: "http://desk.example" });
  connection.close();
  connection.open();
  await turn();
  expect(opened.map((socket) => socket.connects)).toEqual([0]);
});

test("closed during the handshake it waits for its end, so that no session stays on the server", async () => {
  const connection = open();
  await turn();
  connection.close();
  const socket = newest();
  expect(socket.disconnects).toBe(0);
  expect(socket.io.reconnects).toBe(false);
  socket.reach();
  expect(socket.disconnects).toBe(1);
  expect(socket.everythingListening).toBe(0);
});

test("the transport is told live", async () => {
  const connection = open();
  const seen: (string | null)[] = [];
  connection.watch(() => seen.push(connection.snapshot.transport));
  await turn();
  await newest().accept("s1");
  newest().upgrade();
  newest().lose();
  expect(seen).toEqual(["polling", "polling", "websocket", null]);
  expect(connection.snapshot).toMatchObject({ status: "disconnected", id: null, message: "transport close" });
});

test("when the next attempt begins is known: soon at first, later than that at the end, and never after 4.5 s", async () => {
  const connection = open();
  await turn();
  expect(connection.snapshot.retryAt).toBeNull();
  await newest().accept("s1");
  newest().lose();
  const pauses: number[] = [];
  for (let attempt = 0; attempt < 6; attempt += 1) {
    pauses.push((connection.snapshot.retryAt ?? 0) - Date.now());
    expect(newest().io.pauses).toEqual({ shortest: pauses.at(-1), longest: pauses.at(-1) });
    newest().fail(new Error("xhr poll error"));
  }
  expect(pauses[0]).toBeLessThanOrEqual(750);
  expect(pauses.at(-1)).toBeGreaterThanOrEqual(1_500);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(4_500);
  await newest().accept("s2");
  expect(connection.snapshot.retryAt).toBeNull();
  newest().lose();
  expect((connection.snapshot.retryAt ?? 0) - Date.now()).toBeLessThanOrEqual(750); // soon again
  await newest().accept("s3");
  newest().lose("io server disconnect");
  expect(connection.snapshot.retryAt).toBeNull(); // only a person may try again
});

test("an attempt that took too long may take twice as long the next time: a handshake crosses a slow line several times", async () => {
  open();
  await turn();
  expect(newest().options).toMatchObject({ timeout: 10_000 });
  await newest().accept("s1");
  const patience: number[] = [];
  newest().lose();
  for (let attempt = 0; attempt < 3; attempt += 1) {
    patience.push(newest().io.patience);
    newest().fail(new Error("timeout"));
  }
  await newest().accept("s2");
  newest().lose();
  patience.push(newest().io.patience);
  expect(patience).toEqual([10_000, 20_000, 20_000, 10_000]);
});

test("events come without their offset", async () => {
  open();
  await turn();
  await newest().accept("s1", true);
  newest().deliver("customer_added", { trackingId: "CV-1" }, "e.5");
  expect(events).toEqual([
    { type: "connected", id: "s1", recovered: true },
    { type: "received", name: "customer_added", args: [{ trackingId: "CV-1" }], seq: 5 },
  ]);
});

describe("refusals", () => {
  test("an unreachable server is no refusal: socket.io-client goes on by itself", async () => {
    const connection = open();
    await turn();
    newest().fail(new Error("xhr poll error"));
    expect(events).toEqual([{ type: "failed", message: "xhr poll error", refused: false }]);
    expect(connection.snapshot.status).toBe("disconnected");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(newest().connects).toBe(1);
  });

  test("after a refusal the credentials are renewed and it connects again", async () => {
    const connection = open();
    await turn();
    newest().refuse("Token expired");
    expect(connection.snapshot).toMatchObject({ status: "refused", message: "Token expired" });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(newest().connects).toBe(2);
    await newest().accept("s2");
    expect(connection.snapshot).toMatchObject({ status: "connected", id: "s2", message: null });
  });

  test("where nobody is signed in it stays refused, until the tab is looked at again", async () => {
    let signedIn = false;
    renew = async () => signedIn;
    open();
    await turn();
    newest().refuse("Sign in first");
    await vi.advanceTimersByTimeAsync(120_000);
    expect(newest().connects).toBe(1);
    signedIn = true;
    document.dispatchEvent(new Event("visibilitychange"));
    await turn();
    expect(newest().connects).toBe(2);
  });

  test("a server that is silent while renewing is asked again", async () => {
    let asked = 0;
    renew = async () => {
      asked += 1;
      if (asked < 3) throw new Error("no answer");
      return true;
    };
    open();
    await turn();
    newest().refuse("Token expired");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toBe(3);
    expect(newest().connects).toBe(2);
  });

  test("who comes back to the tab in the moment in which it renews by itself is connected once", async () => {
    const answers: ((worth: boolean) => void)[] = [];
    renew = () => new Promise((done) => answers.push(done));
    open();
    await turn();
    const socket = newest();
    socket.refuse("Unauthorized");
    await vi.advanceTimersByTimeAsync(1_000);
    document.dispatchEvent(new Event("visibilitychange"));
    for (const answer of answers) answer(true);
    await turn();
    expect(socket.connects).toBe(2);
  });

  test("who was let in meanwhile is renewed as soon as the first time", async () => {
    open();
    await turn();
    for (let refusal = 0; refusal < 4; refusal += 1) {
      newest().refuse("Token expired");
      await vi.advanceTimersByTimeAsync(30_000);
    }
    await newest().accept("s2");
    const before = newest().connects;
    newest().refuse("Token expired");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(newest().connects).toBe(before + 1);
  });

  test("a DISCONNECT of the server is final until a person tries again", async () => {
    const connection = open();
    await turn();
    await newest().accept("s1");
    newest().lose("io server disconnect");
    await vi.advanceTimersByTimeAsync(120_000);
    expect(connection.snapshot.status).toBe("ended");
    expect(newest().connects).toBe(1);
    connection.retry();
    expect(connection.snapshot.status).toBe("connecting");
    expect(newest().connects).toBe(2);
  });
});

describe("credentials on another origin", () => {
  test("the token is asked for at every connection", async () => {
    let n = 0;
    open({ token: async () => `t${++n}` });
    await turn();
    await newest().accept("s1");
    expect(newest().presented).toEqual({ token: "t1" });
    newest().lose();
    await newest().accept("s2");
    expect(newest().presented).toEqual({ token: "t2" });
  });

  test("without one the socket is a guest's", async () => {
    open({ token: async () => null });
    await turn();
    await newest().accept("s1");
    expect(newest().presented).toEqual({});
  });

  test("a server that gives none is tried again, not taken for a stranger", async () => {
    open({ token: () => Promise.reject(new Error("no answer")) });
    await turn();
    void newest().accept("s1");
    await turn();
    expect(newest().presented).toBeNull();
    expect(newest().io.engine.closed).toBe(1);
  });
});

describe("asking", () => {
  test("an acknowledgement is the answer", async () => {
    const connection = open();
    await turn();
    await newest().accept("s1");
    const answer = connection.ask("join_room", "u1");
    newest().asked[0]?.answer({ ok: true });
    expect(await answer).toEqual({ ok: true });
  });

  test("nothing is kept for later: not connected, and lost on the way, are no answer", async () => {
    const connection = open();
    await turn();
    await expect(connection.ask("join_room", "u1")).rejects.toThrow(NotAnswered);
    await newest().accept("s1");
    const answer = connection.ask("join_room", "u1");
    newest().asked[0]?.fail(new Error("socket has been disconnected"));
    await expect(answer).rejects.toThrow(NotAnswered);
  });

  test("a silent connection is left for a new one at once, whatever waits on it", async () => {
    const connection = open();
    await turn();
    await newest().accept("s1");
    connection.restart();
    expect([newest().disconnects, newest().connects]).toEqual([1, 2]);
  });

  test("after a sleep a living server answers, and one that does not is left", async () => {
    const connection = open();
    await turn();
    await newest().accept("s1");
    const alive = connection.prove();
    newest().asked[0]?.answer({ ok: true });
    await alive;
    expect(newest().disconnects).toBe(0);
    const dead = connection.prove();
    newest().asked[1]?.fail(new Error("operation has timed out"));
    await dead;
    expect([newest().disconnects, newest().connects]).toEqual([1, 2]);
  });

  test("over a line that is slow, as the way in was, a living server has longer to answer", async () => {
    const connection = open();
    await turn();
    await newest().accept("s1");
    void connection.prove();
    newest().lose();
    await newest().accept("s2", true, 1_400);
    void connection.prove();
    expect(newest().asked.map(({ within }) => within)).toEqual([1_000, 3_800]);
  });

  test("a question that was lost with its connection says nothing about the next one", async () => {
    const connection = open();
    await turn();
    await newest().accept("s1");
    const proof = connection.prove();
    newest().lose();
    await newest().accept("s2");
    newest().asked[0]?.fail(new Error("operation has timed out"));
    await proof;
    expect(newest().disconnects).toBe(0);
  });

  test("after a sleep it does not wait for the next attempt", async () => {
    const connection = open();
    await turn();
    newest().fail(new Error("xhr poll error"));
    newest().active = true;
    const before = newest().connects;
    await connection.prove();
    expect(newest().connects).toBe(before + 1);
  });
});
