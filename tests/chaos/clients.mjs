// A crowd of tabs: plain socket.io-client, each with a connection of its own, each writing down what comes.
// Nothing of ours helps them: pid and offset are the library's own, and so is coming back.
import { appendFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [, , home, list] = process.argv;
const { io } = createRequire(home)("socket.io-client");
const { clients, folder, backoff } = JSON.parse(readFileSync(list, "utf8"));

const identity = {
  customer_added: (booking) => booking.userId,
  conversation_updated: (update) => update.lastMessage.id,
  receive_message: (message) => message.id,
};

const APART = 2; // ms, from one tab's first connection to the next one's

function open(client, number) {
  const tab = { ...client, waiting: [], newest: 0, recovered: 0, fresh: 0, resets: 0, refused: 0, joined: 0, left: 0, back: [], away: [] };
  const socket = io(client.url, {
    forceNew: true,
    autoConnect: false,
    auth: { token: client.token },
    reconnectionDelay: backoff[0],
    reconnectionDelayMax: backoff[1],
    transports: client.transports,
  });
  tab.socket = socket;
  setTimeout(() => socket.connect(), number * APART);
  socket.on("connect", () => {
    if (socket.recovered) tab.recovered += 1;
    else tab.fresh += 1;
    tab.back.push(Date.now());
    if (tab.left) tab.away.push(Date.now() - tab.left);
  });
  socket.once("connect", () => {
    for (const room of client.join) socket.emit("join_room", room, () => (tab.joined += 1));
  });
  socket.on("disconnect", () => (tab.left = Date.now()));
  socket.on("connect_error", () => {
    if (!socket.active) tab.refused += 1;
  });
  socket.on("reset", () => (tab.resets += 1));
  socket.onAny((name, ...args) => {
    const of = identity[name];
    if (!of) return;
    const seq = Number(args.at(-1).split(".").at(-1));
    tab.newest = Math.max(tab.newest, seq);
    tab.waiting.push(`${Date.now()} ${seq} ${name}:${of(args[0])}\n`);
  });
  return tab;
}

const tabs = clients.map(open);

function write() {
  for (const tab of tabs) {
    if (tab.waiting.length > 0) appendFileSync(`${folder}/${tab.name}.shown`, tab.waiting.splice(0).join(""));
  }
}
setInterval(write, 200);

const sum = (name) => tabs.reduce((total, tab) => total + tab[name], 0);

function state() {
  write();
  return {
    connected: tabs.filter((tab) => tab.socket.connected).length,
    ready: tabs.filter((tab) => tab.socket.connected && tab.joined >= tab.join.length).length,
    newest: Object.fromEntries(tabs.map((tab) => [tab.name, tab.newest])),
    recovered: sum("recovered"),
    fresh: sum("fresh"),
    resets: sum("resets"),
    refused: sum("refused"),
    back: tabs.flatMap((tab) => tab.back),
    away: tabs.flatMap((tab) => tab.away),
  };
}

createInterface({ input: process.stdin })
  .on("line", (line) => process.stdout.write(`${JSON.stringify({ call: JSON.parse(line).call, ...state() })}\n`))
  .on("close", () => process.exit(0));
