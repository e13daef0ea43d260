// Node's own server, the peer that everybody compares with: socket.io as it is installed, events as in suite G.
// node server.js PORT; the interval of the heartbeat in seconds comes in BENCH_PING_INTERVAL. Prints `ready`.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer((request, response) => response.end("ok"));
const io = new Server(http, { pingInterval: 1000 * Number(process.env.BENCH_PING_INTERVAL || 25), pingTimeout: 20000 });

io.on("connection", (socket) => {
  for (const [name, times] of [["pub", 1], ["pub2", 2], ["pub5", 5], ["pub10", 10]]) {
    socket.on(name, (payload) => {
      for (let i = 0; i < times; i++) io.emit("booking", payload);
    });
  }
  socket.on("echo", (payload, ack) => ack(payload));
  socket.on("join", (room, ack) => {
    socket.join(room);
    ack();
  });
  socket.on("pubroom", (room, payload) => io.to(room).emit("booking", payload));
});

http.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 }, () => console.log("ready"));
