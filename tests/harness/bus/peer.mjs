// A Node server with @socket.io/redis-adapter, and a @socket.io/redis-emitter, on one Redis: one JSON object a line.
// words: url of Redis, prefix of the channels. Says {kind: "ready", port} first.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { createAdapter } from "@socket.io/redis-adapter";
import { Emitter } from "@socket.io/redis-emitter";
import { createClient } from "redis";
import { Server } from "socket.io";

const [, , address, key] = process.argv;
const options = address.startsWith("unix:") ? { socket: { path: address.slice("unix://".length) } } : { url: address };
const [pub, sub, own] = [0, 0, 0].map(() => createClient(options).on("error", () => {}));
await Promise.all([pub.connect(), sub.connect(), own.connect()]);

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const bytes = (_, value) => (value?.bytes && Object.keys(value).length === 1 ? Buffer.from(value.bytes, "hex") : value);
const shown = (value) => {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("hex") };
  if (Array.isArray(value)) return value.map(shown);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, shown(v)]));
  return value;
};

const http = createServer();
const io = new Server(http, { adapter: createAdapter(pub, sub, { key, requestsTimeout: 2000 }) });
const emitter = new Emitter(own, { key });
io.on("connection", (socket) => {
  socket.on("join", (...args) => {
    const done = args.pop();
    for (const room of args) socket.join(room);
    done?.();
  });
  socket.data = { at: "node" };
});
io.on("hello", (...args) => {
  const done = typeof args.at(-1) === "function" ? args.pop() : undefined;
  say({ kind: "hello", args: shown(args) });
  done?.({ from: "node" });
});

const aimed = (from, { rooms = [], but = [], flags = [] }) => {
  let target = from;
  if (rooms.length) target = target.to(rooms);
  if (but.length) target = target.except(but);
  for (const flag of flags) target = target[flag];
  return target;
};
const work = {
  emit: (m) => void aimed(m.by === "emitter" ? emitter : io, m).emit(...m.event),
  join: (m) => void aimed(m.by === "emitter" ? emitter : io, m).socketsJoin(m.joined),
  leave: (m) => void aimed(m.by === "emitter" ? emitter : io, m).socketsLeave(m.left),
  disconnect: (m) => void aimed(m.by === "emitter" ? emitter : io, m).disconnectSockets(m.close),
  serverSideEmit: (m) => void (m.by === "emitter" ? emitter : io).serverSideEmit(...m.event),
  serverSideEmitWithAck: (m) => io.serverSideEmitWithAck(...m.event),
  emitWithAck: (m) => aimed(io, m).timeout(m.within).emitWithAck(...m.event),
  fetchSockets: async (m) => (await aimed(io, m).fetchSockets()).map((s) => ({ id: s.id, rooms: [...s.rooms], data: s.data })),
  allRooms: async () => [...(await io.of("/").adapter.allRooms())],
};
createInterface({ input: process.stdin }).on("line", async (line) => {
  const message = JSON.parse(line, bytes);
  try {
    say({ kind: "done", call: message.call, said: shown(await work[message.do](message)) });
  } catch (error) {
    say({ kind: "done", call: message.call, error: error.message, said: shown(error.responses) });
  }
});
http.listen(0, "127.0.0.1", () => say({ kind: "ready", port: http.address().port }));
