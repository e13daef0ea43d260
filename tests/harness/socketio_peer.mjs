// A socket.io-client driven over JSON lines by harness/node.py. Prints what happens, does what it is told.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { io } = createRequire(process.argv[2])("socket.io-client");
const sockets = new Map();
const say = (socket, kind, more) => process.stdout.write(`${JSON.stringify({ socket, kind, ...more })}\n`);

function state(socket) {
  return {
    id: socket.id ?? null,
    connected: socket.connected,
    active: socket.active,
    recovered: socket.recovered,
    transport: socket.io.engine?.transport?.name ?? null,
    session: socket.io.engine?.id ?? null,
  };
}

function connect(name, url, options) {
  const socket = io(url, { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200, ...options });
  sockets.set(name, socket);
  socket.on("connect", () => {
    say(name, "connect", state(socket));
    socket.io.engine.once("upgrade", (transport) => say(name, "upgrade", { transport: transport.name }));
  });
  socket.on("connect_error", (error) =>
    say(name, "connect_error", { message: error.message, data: error.data ?? null, active: socket.active }),
  );
  socket.on("disconnect", (reason) => say(name, "disconnect", { reason, active: socket.active }));
  socket.onAny((event, ...args) => say(name, "event", { name: event, args }));
}

// One acknowledged emit after the other, 2 ms between them, until "measured" stops it and says how long each took.
const measures = new Map();

function measure({ socket, name }) {
  const took = [];
  const next = () => {
    const sent = performance.now();
    sockets.get(socket).emit(name, () => {
      took.push(performance.now() - sent);
      if (measures.get(socket) === took) setTimeout(next, 2);
    });
  };
  measures.set(socket, took);
  next();
}

function measured({ socket }) {
  say(socket, "measured", { took: measures.get(socket) });
  measures.delete(socket);
}

const actions = {
  measure,
  measured,
  connect: ({ socket, url, options }) => connect(socket, url, options),
  emit: ({ socket, name, args }) => sockets.get(socket).emit(name, ...args),
  call: ({ socket, name, args, call }) =>
    sockets.get(socket).emit(name, ...args, (...answer) => say(socket, "ack", { call, args: answer })),
  state: ({ socket }) => say(socket, "state", state(sockets.get(socket))),
  disconnect: ({ socket }) => sockets.get(socket).disconnect(),
  cut: ({ socket }) => sockets.get(socket).io.engine.close(),
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const message = JSON.parse(line);
    actions[message.do](message);
  })
  .on("close", () => process.exit(0));
