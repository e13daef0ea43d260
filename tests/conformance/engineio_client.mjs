// The real engine.io-client against suite F: what its own tests ask of a server, in our words.
// node engineio_client.mjs PACKAGE_JSON URL prints one JSON object a line: {rule, ok, why}.
import { createRequire } from "node:module";
import { strict as assert } from "node:assert";

const [packageJson, url] = process.argv.slice(2);
const { Socket } = createRequire(packageJson)("engine.io-client");
const WITHIN = 5000;
const TRANSPORTS = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const once = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
const open = (options = {}) => new Socket(url, options);

/** The first `count` messages after "hi". */
function heard(socket, count) {
  const messages = [];
  return new Promise((resolve) => {
    socket.on("message", (data) => {
      if (data !== "hi" && messages.push(data) === count) resolve(messages);
    });
  });
}

/** The next error, and its request as it is at that moment (the client clears it right after). */
function failure(socket) {
  return new Promise((resolve) => {
    socket.once("error", (error) => {
      const { readyState, responseText } = error.context ?? {};
      resolve({ error, readyState, responseText });
    });
  });
}

const rules = {
  async "it says hi"(keep) {
    for (const transports of Object.values(TRANSPORTS)) {
      const socket = keep(open({ transports }));
      assert.equal((await once(socket, "message"))[0], "hi");
    }
  },
  async "text beyond ASCII comes back"(keep) {
    for (const transports of Object.values(TRANSPORTS)) {
      const socket = keep(open({ transports }));
      const echoed = heard(socket, 3);
      socket.send("cash money €€€");
      socket.send("\uD800\uDC00-\uDB7F\uDFFF\uDB80\uDC00-\uDBFF\uDFFF\uE000-\uF8FF");
      socket.send("give utf8");
      assert.deepEqual(await echoed, [
        "cash money €€€",
        "\uD800\uDC00-\uDB7F\uDFFF\uDB80\uDC00-\uDBFF\uDFFF\uE000-\uF8FF",
        "пойду спать всем спокойной ночи",
      ]);
    }
  },
  async "binary both ways"(keep) {
    for (const transports of Object.values(TRANSPORTS)) {
      for (const binaryType of ["nodebuffer", "arraybuffer"]) {
        const socket = keep(open({ transports }));
        socket.binaryType = binaryType;
        const echoed = heard(socket, 2);
        socket.send(Buffer.from([5, 6, 7]));
        socket.send("give binary");
        const [own, given] = await echoed;
        assert.equal(given instanceof ArrayBuffer, binaryType === "arraybuffer");
        assert.deepEqual([...new Uint8Array(own)], [5, 6, 7]);
        assert.deepEqual([...new Uint8Array(given)], [0, 1, 2, 3, 4]);
      }
    }
  },
  async "binary before and after the upgrade"(keep) {
    const socket = keep(open());
    const echoed = heard(socket, 2);
    socket.send(Buffer.from([1]));
    await once(socket, "upgrade");
    socket.send(Buffer.from([2]));
    assert.deepEqual((await echoed).map((data) => data[0]), [1, 2]);
  },
  async "packets are merged up to maxPayload"(keep) {
    const socket = keep(open({ transports: ["polling"] }));
    await once(socket, "open");
    const echoed = heard(socket, 6);
    const sent = ["a".repeat(99), "b".repeat(30), "c".repeat(30), "d".repeat(35), "€".repeat(33), "f".repeat(99)];
    sent.forEach((text) => socket.send(text));
    assert.deepEqual(await echoed, sent);
  },
  async "binary packets too"(keep) {
    const socket = keep(open({ transports: ["polling"] }));
    await once(socket, "open");
    const echoed = heard(socket, 5);
    [72, 20].forEach((size) => socket.send(Buffer.alloc(size)));
    socket.send("a".repeat(20));
    [20, 72].forEach((size) => socket.send(Buffer.alloc(size)));
    assert.deepEqual((await echoed).map((data) => data.length), [72, 20, 20, 20, 72]);
  },
  async "over the limit: 413 without words"(keep) {
    const socket = keep(open({ transports: ["polling"] }));
    await once(socket, "open");
    socket.send("a".repeat(101));
    const failed = failure(socket);
    const closed = once(socket, "close");
    const { error, readyState, responseText } = await failed;
    assert.deepEqual([error.type, error.description, error.message], ["TransportError", 413, "xhr post error"]);
    assert.deepEqual([readyState, responseText], [4, ""]);
    assert.equal((await closed)[0], "transport error");
  },
  async "over the limit: 1009 without words"(keep) {
    const socket = keep(open({ transports: ["websocket"] }));
    await once(socket, "open");
    socket.send("a".repeat(101));
    const [reason, details] = await once(socket, "close");
    assert.deepEqual([reason, details.description], ["transport close", "websocket connection closed"]);
    assert.deepEqual([details.context.code, details.context.reason], [1009, ""]);
  },
  async "an unknown session"(keep) {
    const polling = keep(open({ transports: ["polling"], query: { sid: "abc" } }));
    const { error, readyState, responseText } = await failure(polling);
    assert.deepEqual([error.type, error.description, error.message], ["TransportError", 400, "xhr poll error"]);
    assert.deepEqual([readyState, responseText], [4, '{"code":1,"message":"Session ID unknown"}']);
    const websocket = keep(open({ transports: ["websocket"], query: { sid: "abc" } }));
    const closed = once(websocket, "close");
    const [broken] = await once(websocket, "error");
    assert.deepEqual([broken.type, broken.message], ["TransportError", "websocket error"]);
    assert.equal(broken.description.type, "error");
    assert.equal((await closed)[0], "transport error");
  },
  async "a denied transport, and the other one"(keep) {
    for (const [denied, other] of [["polling", "websocket"], ["websocket", "polling"]]) {
      const options = { transports: [denied, other], transportOptions: { [denied]: { query: { deny: 1 } } } };
      const socket = keep(open({ ...options, tryAllTransports: true }));
      await once(socket, "open");
      assert.equal(socket.transport.name, other);
      const alone = keep(open(options));
      assert.match((await once(alone, "error"))[0].message, /xhr poll error|websocket error/);
    }
  },
  async "cookies go back"(keep) {
    const socket = keep(open({ transports: ["polling"], withCredentials: true }));
    await once(socket, "open");
    await pause(10);
    const echoed = heard(socket, 1);
    socket.send("sendHeaders");
    assert.equal(JSON.parse((await echoed)[0]).cookie, "1=1; 2=2");
  },
  async "cookies do not go back unasked"(keep) {
    const socket = keep(open({ transports: ["polling"] }));
    await once(socket, "open");
    const echoed = heard(socket, 1);
    socket.send("sendHeaders");
    const headers = JSON.parse((await echoed)[0]);
    assert.equal(headers.cookie, undefined);
    assert(headers["content-type"].startsWith("text/plain"));
  },
  async "a close waits for the upgrade"(keep) {
    const socket = keep(open());
    await once(socket, "open");
    let upgraded = false;
    socket.on("upgrade", () => (upgraded = true));
    await once(socket, "upgrading");
    socket.send("hello");
    socket.close();
    await once(socket, "close");
    assert(upgraded);
    assert.equal(socket.writeBuffer.length, 0);
  },
  async "a failed upgrade closes what wanted to close"(keep) {
    const socket = keep(open());
    await once(socket, "upgrading");
    const failed = once(socket, "upgradeError");
    const closed = once(socket, "close");
    socket.close();
    socket.transport.onError("upgrade error");
    await failed;
    await closed;
  },
  async "it stays over the heartbeats"(keep) {
    for (const transports of Object.values(TRANSPORTS)) {
      const socket = keep(open({ transports }));
      await once(socket, "open");
      await once(socket, "ping");
      await once(socket, "ping");
      const echoed = heard(socket, 1);
      socket.send("still here");
      assert.deepEqual(await echoed, ["still here"]);
    }
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
    for (const socket of kept) socket.close();
  }
}

for (const [rule, check] of Object.entries(rules)) console.log(JSON.stringify(await judge(rule, check)));
process.exit(0);
