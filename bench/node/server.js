// Node's own server, the peer that everybody compares with: socket.io as it is installed, events as in suite G.
// node server.js PORT; BENCH_PING_INTERVAL: seconds between heartbeats; BENCH_NAMESPACES: how many (/n0, /n1, ...) there
// are beside the main one. With BENCH_REDIS_URL it is one of several, joined by @socket.io/redis-adapter. Prints `ready`.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer((request, response) => response.end("ok"));
http.keepAliveTimeout = 65_000; // ms, as ours: the load's connections may rest for longer than Node's own 5 s
const io = new Server(http, { pingInterval: 1000 * Number(process.env.BENCH_PING_INTERVAL || 25), pingTimeout: 20000 });

if (process.env.BENCH_REDIS_URL) {
  const { createAdapter } = await import("@socket.io/redis-adapter");
  const { createClient } = await import("redis");
  const [publisher, subscriber] = [0, 0].map(() => createClient({ url: process.env.BENCH_REDIS_URL }));
  await Promise.all([publisher.connect(), subscriber.connect()]);
  io.adapter(createAdapter(publisher, subscriber));
}

for (let number = 0; number < Number(process.env.BENCH_NAMESPACES || 0); number++) serve(io.of(`/n${number}`));
serve(io.of("/"));

function serve(namespace) {
  namespace.on("connection", (socket) => {
    for (const [name, times] of [["pub", 1], ["pub2", 2], ["pub5", 5], ["pub10", 10]]) {
      socket.on(name, (payload) => {
        for (let i = 0; i < times; i++) namespace.emit("booking", payload);
      });
    }
    socket.on("echo", (payload, ack) => ack(payload));
    socket.on("join", (room, ack) => {
      socket.join(room);
      ack();
    });
    socket.on("pubroom", (room, payload) => namespace.to(room).emit("booking", payload));
  });
}

http.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 }, () => console.log("ready"));
