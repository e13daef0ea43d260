// The same durable job on Node, done with care: a signed webhook, one transaction with FULL sync, 200, and the event in
// the room `desk`; and chat messages, acknowledged after their commit. Express, stripe, better-sqlite3, socket.io.
// node desk.js PORT DATABASE, which our migrations made; secrets and the interval of the heartbeat in seconds come in
// BENCH_*. Prints `ready`.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import express from "express";
import { Server } from "socket.io";
import Stripe from "stripe";
import { openStore } from "./desk_store.js";

const { BENCH_JWT_SECRET: jwtSecret, BENCH_STRIPE_SECRET: stripeSecret, BENCH_PING_INTERVAL: interval } = process.env;
const [port, database] = process.argv.slice(2);
const stripe = new Stripe("sk_test_unused");
const store = openStore(database);
const app = express();
const http = createServer(app);
http.keepAliveTimeout = 65_000; // ms, as ours: the load's connections may rest for longer than Node's own 5 s
const io = new Server(http, { pingInterval: 1000 * Number(interval || 25), pingTimeout: 20000 });

// The answer goes out before the event: nobody who waits for a 200 waits for their own fan-out.
app.post("/api/payment/webhook", express.raw({ type: "application/json", limit: "256kb" }), (request, response) => {
  let event;
  try {
    event = stripe.webhooks.constructEvent(request.body, request.headers["stripe-signature"], stripeSecret);
  } catch (error) {
    return response.status(400).json({ message: error.message });
  }
  const told = store.take(event, request.body);
  response.json({ received: true });
  if (told) io.to("desk").emit("customer_added", told);
});

io.use((socket, next) => {
  socket.data.person = readToken(socket.handshake.auth.token ?? "");
  next(socket.data.person ? undefined : new Error("Sign in first"));
});

io.on("connection", (socket) => {
  const person = socket.data.person;
  if (person.role === "user") store.meet(person);
  socket.join(person.role === "admin" ? "desk" : person.id);
  socket.on("send_message", ({ roomId, id, text }, ack) => {
    if (person.role !== "admin" && roomId !== person.id) return ack({ ok: false, code: "forbidden" });
    const sent = store.say(person, roomId, id, text);
    ack({ ok: true, id, seq: sent.seq, time: sent.message.time });
    if (sent.duplicate) return;
    socket.to(roomId).emit("receive_message", sent.message);
    io.to("desk").emit("conversation_updated", sent.told);
  });
});

function readToken(token) {
  const [head, body, signature] = token.split(".");
  const wanted = createHmac("sha256", jwtSecret).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature ?? "", "base64url");
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null;
  const person = JSON.parse(Buffer.from(body, "base64url"));
  return person.exp > Date.now() / 1000 ? person : null;
}

http.listen({ port: Number(port), host: "127.0.0.1", backlog: 4096 }, () => console.log("ready"));
