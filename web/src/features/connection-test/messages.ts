// The words of the connection test. Heading, status, socket id, log lines and console lines are the contract's: they stay
// as they are in every language.
import { spoken } from "@/lib/language";
import { bn } from "./messages.bn";

export const contract = {
  heading: "Socket.io Connection Test",
  status: "Status:",
  connected: "Connected",
  disconnected: "Disconnected",
  socketId: "Socket ID:",
  log: "Event Log:",
  waiting: "Waiting for events...",
  instructions: "Testing Instructions:",
  connectedLine: (id: string) => `Connected with ID: ${id}`,
  disconnectedLine: "Disconnected from server",
  errorLine: (message: string) => `Error: ${message}`,
  consoleConnected: "✅ Connected to server",
  consoleDisconnected: "❌ Disconnected from server",
  consoleError: "Connection error:",
} as const;

const en = {
  steps: [
    "Open the browser console (F12): it says the same as the log.",
    "Check the server terminal: it says “✅ Client connected” with this socket ID.",
    "Refresh the page to see the reconnection: a new socket ID, and the old one is gone.",
    "Open several tabs: each has its own socket ID, and closing one leaves the others connected.",
  ],
  statusLabel: "Status",
  sentence: {
    connecting: "Connecting to the server.",
    websocket: "Everything works. You are on WebSocket.",
    polling: "The connection works over polling. Where WebSocket is allowed, it changes over in a moment.",
    checking: "Nothing has been heard for some seconds. We are checking the connection.",
    disconnected: "The server does not answer. We keep trying; this page connects by itself when it is back.",
    refused: (why: string) => `The server answered and refused: ${why}. The connection itself is not broken.`,
    ended: "The server ended this connection and asks us not to come back by ourselves.",
  },
  transport: "Transport",
  transportName: { polling: "polling", websocket: "websocket" },
  server: "Server",
  signedInAs: "Signed in as",
  nobody: "nobody",
  role: { admin: "staff", user: "customer" },
  signIn: "Sign in to see payment events",
  staffSee: "Payment events appear in the log as they arrive.",
  customerSee: "Payment events go to staff only. Messages of your conversation appear in the log.",
  sendTest: "Send a test event",
  cut: "Cut the connection",
  back: (seconds: string, recovered: boolean) =>
    recovered
      ? `After the cut the page was back in ${seconds} s, and what it missed was sent to it.`
      : `After the cut the page was back in ${seconds} s, with a new session.`,
  latency: "Latency",
  latencyHint: "One question every 3 s, the last 20 answers.",
  ms: (ms: string) => `${ms} ms`,
  ofAll: (median: string, worst: string) => `median ${median}, worst ${worst}`,
  clear: "Clear the log",
};

export type Words = typeof en;
export const words = spoken(en, bn);
