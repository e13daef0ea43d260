// The event log: lines in the order things happened, bounded. Pure: the time is an argument.
import { latinClock } from "@/lib/format/time";

export interface Line {
  key: number;
  tone: "plain" | "good" | "warn" | "bad";
  text: string;
}

const MOST = 500;

/** "[10:30:15] Connected with ID: abc123", with the reader's local time, the same in every language. */
export function addLine(lines: readonly Line[], tone: Line["tone"], text: string, at: number): readonly Line[] {
  const key = (lines.at(-1)?.key ?? 0) + 1;
  return [...lines, { key, tone, text: `[${latinClock(at)}] ${text}` }].slice(-MOST);
}

/** "customer_added {…}": the name and what came with it. */
export function eventText(name: string, args: readonly unknown[]): string {
  return [name, ...args.map((arg) => JSON.stringify(arg) ?? String(arg))].join(" ");
}
