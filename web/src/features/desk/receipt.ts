// A receipt as the steps of a sentence: when it was paid, and how long each step after that took. Pure.
import { digits } from "@/lib/format/number";
import { clock, duration } from "@/lib/format/time";
import type { Receipt } from "./get-receipt";
import { words } from "./messages";

const SECOND = 1_000;

/** "+2 ms", "+0.3 s", "+12 s", "+3 min", "+2 h"; a clock that went back shows as "−0.2 s". */
export function lapse(ms: number): string {
  const sign = ms < 0 ? "−" : "+";
  const past = Math.abs(ms);
  if (past < SECOND / 10) return `${sign}${past} ms`;
  return `${sign}${duration(past)}`;
}

/** ms from when we knew of the payment until it was on a first screen; null while it is on none. */
export function tookToScreen({ shownAt, receivedAt, paidAt }: Receipt): number | null {
  return shownAt === null ? null : Date.parse(shownAt) - Date.parse(receivedAt ?? paidAt);
}

/** What is not known, because a process was killed before it had written it down, is left out. */
export function receiptSteps(receipt: Receipt): string[] {
  const paid = Date.parse(receipt.paidAt);
  const steps = [words.receipt.paid(tenths(paid))];
  let before = paid;
  const step = (time: string | null, say: (lapse: string) => string) => {
    if (time === null) return;
    const at = Date.parse(time);
    steps.push(say(lapse(at - before)));
    before = at;
  };
  step(receipt.receivedAt, words.receipt.received);
  step(receipt.committedAt, words.receipt.saved);
  step(receipt.emittedAt, words.receipt.sent);
  step(receipt.shownAt, words.receipt.first);
  if (receipt.receivedAt !== null) steps.push(words.receipt.desks(seenBy(receipt.desks).length));
  return steps;
}

interface Seer {
  personId: string;
  name: string;
  tabs: string[];
  /** On the first of their tabs. */
  shownAt: string;
}

/** Who has seen it, the first one first. Each load of a page is a tab that confirms anew; the person is the same. */
export function seenBy(desks: Receipt["desks"]): Seer[] {
  const seers = new Map<string, Seer>();
  for (const { personId, name, socketId, shownAt } of desks) {
    const seer = seers.get(personId);
    if (seer) seer.tabs.push(socketId);
    else seers.set(personId, { personId, name: name || personId, tabs: [socketId], shownAt });
  }
  return [...seers.values()];
}

/** "12:00:00.1"; providers who count in seconds have no tenths. */
function tenths(time: number): string {
  const rest = time % SECOND;
  return rest === 0 ? clock(time) : `${clock(time)}.${digits(Math.floor(rest / 100))}`;
}
