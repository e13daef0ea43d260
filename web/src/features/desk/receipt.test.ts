import { expect, test } from "vitest";
import type { Receipt } from "./get-receipt";
import { lapse, receiptSteps, seenBy } from "./receipt";

const at = (ms: number) => new Date(Date.UTC(2026, 10, 23, 12, 0, 0, 0) + ms).toISOString();
const desk = (name: string, ms: number) => ({ personId: name, name, socketId: name, shownAt: at(ms) });
const receipt: Receipt = {
  trackingId: "CV-1",
  seq: 7,
  paidAt: at(100),
  receivedAt: at(400),
  committedAt: at(402),
  emittedAt: at(403),
  shownAt: at(483),
  desks: [desk("Sumaiya", 483), desk("Mitu", 500), desk("Rafiq", 501)],
};
const said = (change: Partial<Receipt>) => receiptSteps({ ...receipt, ...change }).slice(1);

test("each step says how long it took", () => {
  expect(receiptSteps(receipt)[0]).toMatch(/^Paid \d\d:00:00\.1$/);
  expect(said({})).toEqual(["received +0.3 s", "saved +2 ms", "sent +1 ms", "on first desk +80 ms", "on 3 desks"]);
});

test("what is not known is left out, and what has not happened is said", () => {
  expect(said({ committedAt: null, shownAt: null, desks: [] })).toEqual([
    "received +0.3 s",
    "sent +3 ms",
    "on no desk yet",
  ]);
  expect(said({ desks: [desk("Sumaiya", 483)] }).at(-1)).toBe("on 1 desk");
  expect(said({ receivedAt: null, committedAt: null, emittedAt: null, shownAt: null, desks: [] })).toEqual([]);
});

test("people count, however often one has loaded the page", () => {
  const again = { ...desk("Sumaiya", 900), socketId: "another tab" };
  const desks = [desk("Sumaiya", 483), desk("Mitu", 500), again];
  expect(said({ desks }).at(-1)).toBe("on 2 desks");
  expect(said({ desks: [desk("Sumaiya", 483), again] }).at(-1)).toBe("on 1 desk");
  expect(seenBy(desks)).toEqual([
    { personId: "Sumaiya", name: "Sumaiya", tabs: ["Sumaiya", "another tab"], shownAt: at(483) },
    { personId: "Mitu", name: "Mitu", tabs: ["Mitu"], shownAt: at(500) },
  ]);
});

test("a provider that counts in seconds has no tenths", () => {
  expect(receiptSteps({ ...receipt, paidAt: at(0) })[0]).toMatch(/^Paid \d\d:00:00$/);
});

test("lapses are short", () => {
  expect([-200, 0, 99, 100, 9_940, 12_700, 190_000, 7_300_000].map(lapse)).toEqual([
    "−0.2 s",
    "+0 ms",
    "+99 ms",
    "+0.1 s",
    "+9.9 s",
    "+12 s",
    "+3 min",
    "+2 h",
  ]);
});
