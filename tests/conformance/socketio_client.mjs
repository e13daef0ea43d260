// The real socket.io-client against suite D: what its own tests ask of a server, in our words.
// node socketio_client.mjs PACKAGE_JSON URL prints one JSON object a line: {rule, ok, why}.
import { createRequire } from "node:module";
import { strict as assert } from "node:assert";

const [packageJson, url] = process.argv.slice(2);
const { io, Manager } = createRequire(packageJson)("socket.io-client");
const WITHIN = 4000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const once = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
const open = (path = "/", options = {}) => io(url + path, { forceNew: true, ...options });

/** What the server says to `event`, as the arguments of `answer`. */
async function told(socket, answer, event, ...args) {
  const said = once(socket, answer);
  socket.emit(event, ...args);
  return said;
}

const rules = {
  async "hi is answered"(keep) {
    const socket = keep(open());
    const [offset] = await told(socket, "hi", "hi");
    assert.equal(typeof offset, "string");
  },
  async "an answer to its question"(keep) {
    const socket = keep(open());
    socket.on("ack", (answer) => answer(5, { test: true }));
    await told(socket, "got it", "ack");
  },
  async "a wrong answer is not what it asked for"(keep) {
    const socket = keep(open());
    socket.on("ack", (answer) => answer(6, { test: true }));
    socket.on("got it", () => assert.fail("got it"));
    socket.emit("ack");
    await once(socket, "ack");
    await socket.emitWithAck("echo", 1);
  },
  async "dates"(keep) {
    const socket = keep(open());
    const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
    assert.match(await socket.emitWithAck("getAckDate", { test: true }), iso);
    assert.match((await told(socket, "takeDate", "getDate"))[0], iso);
    assert.match((await told(socket, "takeDateObj", "getDateObj"))[0].date, iso);
  },
  async "false"(keep) {
    assert.equal((await told(keep(open()), "false", "false"))[0], false);
  },
  async "utf8"(keep) {
    const socket = keep(open());
    const heard = [];
    socket.on("takeUtf8", (text) => heard.push(text));
    socket.emit("getUtf8");
    await socket.emitWithAck("echo", 1);
    assert.deepEqual(heard, ["てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"]);
  },
  async "binary both ways"(keep) {
    const socket = keep(open());
    assert.equal(String((await told(socket, "doge", "doge"))[0]), "asdfasdf");
    assert.equal(String((await told(socket, "takebin", "getbin"))[0]), "asdfasdf");
    await told(socket, "buffack", "buffa", new Uint8Array([1, 2, 3]).buffer);
    const message = new Uint8Array([4, 5]).buffer;
    await told(socket, "jsonbuff-ack", "jsonbuff", { hello: "lol", message, goodbye: "gotcha" });
    socket.emit("abuff1", message);
    await told(socket, "abuff2-ack", "abuff2", "please arrive second");
  },
  async "array buffers"(keep) {
    const socket = keep(open());
    socket.io.engine.binaryType = "arraybuffer";
    assert((await told(socket, "doge", "doge"))[0] instanceof ArrayBuffer);
  },
  async "blobs"(keep) {
    const socket = keep(open());
    const blob = Buffer.from("BLOB");
    await told(socket, "back", "blob", blob);
    await told(socket, "jsonblob-ack", "jsonblob", { hello: "lol", message: blob, goodbye: "gotcha" });
    socket.emit("blob1", blob);
    socket.emit("blob2", "second");
    await told(socket, "blob3-ack", "blob3", blob);
  },
  async "socket ids"(keep) {
    for (const path of ["/", "/foo"]) {
      const socket = keep(open(path));
      const id = await socket.emitWithAck("getId");
      assert.equal(socket.id, id);
      assert.notEqual(socket.io.engine.id, id);
      const gone = once(socket, "disconnect");
      socket.disconnect();
      await gone;
      assert(!socket.id);
    }
  },
  async "the query"(keep) {
    const asked = keep(open("/?c=d", { query: undefined }));
    assert.equal((await asked.emitWithAck("getHandshake")).query.c, "d");
    const given = keep(open("/", { query: { e: "f" } }));
    assert.equal((await given.emitWithAck("getHandshake")).query.e, "f");
    const told = keep(open("/abc?b=c&d=e"));
    const [handshake] = await once(told, "handshake");
    assert.deepEqual([handshake.query.b, handshake.query.d], ["c", "e"]);
    const odd = keep(open("/abc", { query: { "&a": "&=?a" } }));
    assert.equal((await once(odd, "handshake"))[0].query["&a"], "&=?a");
  },
  async "auth"(keep) {
    const plain = keep(open("/abc", { auth: { a: "b", c: "d" } }));
    const [handshake] = await once(plain, "handshake");
    assert.deepEqual([handshake.auth.a, handshake.auth.c, handshake.query.a], ["b", "d", undefined]);
    const called = keep(open("/abc", { auth: (give) => give({ e: "f" }) }));
    assert.equal((await once(called, "handshake"))[0].auth.e, "f");
    assert("user-agent" in handshake.headers || "host" in handshake.headers);
  },
  async "refusals"(keep) {
    const custom = keep(open("/no"));
    assert.equal((await once(custom, "connect_error"))[0].message, "Auth failed (custom namespace)");
    const main = keep(open("/", { query: { fail: true } }));
    assert.equal((await once(main, "connect_error"))[0].message, "Auth failed (main namespace)");
  },
  async "no way back after a refusal"(keep) {
    const socket = keep(open("/no", { reconnectionDelay: 10 }));
    let count = 0;
    socket.on("connect_error", () => {
      count++;
      socket.io.engine.close();
    });
    await once(socket, "connect_error");
    await pause(150);
    assert.equal(count, 1);
  },
  async "an unknown event is not acknowledged"(keep) {
    const socket = keep(open());
    await once(socket, "connect");
    await assert.rejects(socket.timeout(50).emitWithAck("unknown"));
    assert.equal(await socket.timeout(1000).emitWithAck("echo", 42), 42);
  },
  async "its own ack is not acknowledged, and asked four times"(keep) {
    const socket = keep(open("/", { retries: 3, ackTimeout: 50 }));
    let count = 0;
    socket.on("ack", () => count++);
    await new Promise((resolve) => socket.emit("ack", resolve));
    assert.equal(count, 4);
  },
  async "retries keep the order"(keep) {
    const socket = keep(open("/", { retries: 1, ackTimeout: 500 }));
    const sent = [];
    socket.io.engine.on("packetCreate", ({ data }) => sent.push(data));
    socket.emit("echo", 1, () => {});
    socket.emit("echo", 2, () => {});
    const value = await new Promise((resolve) => socket.emit("echo", 3, (error, said) => resolve(said)));
    assert.equal(value, 3);
    assert.deepEqual(sent, ["0", '20["echo",1]', '21["echo",2]', '22["echo",3]']);
  },
  async "a handshake takes its time"(keep) {
    for (const transports of [["polling"], ["websocket"]]) {
      const socket = keep(open("/", { transports, timeout: 0, query: { delay: 500 } }));
      assert.equal((await once(socket, "connect_error"))[0].message, "timeout");
    }
  },
  async "a connection that was closed is opened again, with a new id where nothing was heard"(keep) {
    const socket = keep(open("/", { reconnectionDelay: 10 }));
    await once(socket, "connect");
    const { id } = socket;
    socket.io.engine.close();
    await once(socket, "connect");
    assert.notEqual(socket.id, id);
    assert.equal(socket.recovered, false);
  },
  async "recovery"(keep) {
    for (const options of [{}, { transports: ["websocket"] }, { transports: ["polling"] }]) {
      const socket = keep(open("/", { reconnectionDelay: 10, ...options }));
      await told(socket, "hi", "hi");
      const { id } = socket;
      socket.io.engine.close();
      await once(socket, "connect");
      assert.equal(socket.recovered, true);
      assert.equal(socket.id, id);
      assert.equal(await socket.emitWithAck("getId"), id);
    }
  },
  async "namespaces share a connection and end one by one"(keep) {
    const manager = new Manager(url);
    const foo = keep(manager.socket("/foo"));
    await once(foo, "connect");
    const asd = keep(manager.socket("/asd"));
    foo.disconnect();
    await once(asd, "connect");
    let gone = false;
    asd.on("disconnect", () => (gone = true));
    await pause(200);
    assert(!gone);
    const closed = once(manager, "close");
    asd.disconnect();
    await closed;
  },
  async "namespaces after the connection closed"(keep) {
    const manager = new Manager(url);
    const socket = keep(manager.socket("/"));
    await once(socket, "connect");
    const gone = once(socket, "disconnect");
    socket.disconnect();
    await gone;
    for (const name of ["/foo", "/valid", "/timeout_socket", "/asd", "/abc"]) {
      const other = keep(manager.socket(name));
      await once(other, "connect");
    }
    manager._close();
  },
  async "one leaves, the other comes back"(keep) {
    const manager = new Manager(url, { reconnectionDelay: 10 });
    const left = keep(manager.socket("/"));
    const stays = keep(manager.socket("/asd"));
    await Promise.all([once(left, "connect"), once(stays, "connect")]);
    manager.engine.close();
    left.disconnect();
    await once(stays, "connect");
    assert(!left.connected);
    manager._close();
  },
  async "a farewell and back again"(keep) {
    const socket = keep(open("/", { transports: ["websocket"] }));
    await once(socket, "connect");
    let count = 0;
    socket.on("disconnect", () => count++);
    socket.disconnect().connect();
    await once(socket, "connect");
    await pause(100);
    assert.equal(count, 1);
  },
  async "volatile events"(keep) {
    const socket = keep(open("/", { autoConnect: false }));
    socket.volatile.emit("getId", () => assert.fail("not connected"));
    socket.connect();
    await socket.emitWithAck("getId");
    await pause(100);
    await new Promise((resolve) => socket.volatile.emit("getId", resolve));
  },
  async "an event that waited for the connection"(keep) {
    const socket = keep(open());
    await once(socket, "connect");
    socket.disconnect();
    const echoed = socket.emitWithAck("echo", "a");
    setTimeout(() => socket.connect(), 50);
    assert.equal(await echoed, "a");
  },
  async "it stays over the heartbeats"(keep) {
    const socket = keep(open());
    await once(socket, "connect");
    const gone = once(socket, "disconnect").then(() => "gone");
    assert.equal(await Promise.race([gone, once(socket.io, "ping").then(() => "pinged")]), "pinged");
    assert.equal(await socket.emitWithAck("echo", 1), 1);
  },
};

async function judge(rule, check) {
  const kept = [];
  const keep = (socket) => (kept.push(socket), socket);
  const late = pause(WITHIN).then(() => Promise.reject(new Error(`not within ${WITHIN} ms`)));
  try {
    await Promise.race([check(keep), late]);
    return { rule, ok: true };
  } catch (error) {
    return { rule, ok: false, why: String(error.message) };
  } finally {
    for (const socket of kept) socket.disconnect().io._close();
  }
}

for (const [rule, check] of Object.entries(rules)) console.log(JSON.stringify(await judge(rule, check)));
process.exit(0);
