import { expect, test } from "vitest";
import { type Facts, NOTHING_RUNG, type Rung, ringing } from "./reminders";
import { isSilent, muteUntil, understood } from "./settings";

const QUIET: Facts = { arrived: [], unseen: false, waiting: [] };
const T = 1_000_000_000;

/** Rings at the seconds given, of facts that stay. */
function rung(facts: Partial<Facts>, seconds: number[], before: Rung = NOTHING_RUNG): string[] {
  let state = before;
  return seconds.flatMap((second) => {
    const next = ringing({ ...QUIET, ...facts }, state, T + second * 1_000);
    state = next.rung;
    return next.rings.map(({ kind, about }) => `${second} ${kind} ${about.join(",") || "again"}`);
  });
}
const everySecond = (n: number) => Array.from({ length: n + 1 }, (_, second) => second);

test("a booking rings once, and again after 30 s and every 60 s while it is on no screen", () => {
  expect(rung({ arrived: ["CV-1"] }, everySecond(300))).toEqual(["0 booking CV-1"]);
  expect(rung({ arrived: ["CV-1"], unseen: true }, everySecond(151))).toEqual([
    "0 booking CV-1",
    "30 booking again",
    "90 booking again",
    "150 booking again",
  ]);
});

test("once somebody has seen it, it is over", () => {
  const { rung: state } = ringing({ ...QUIET, arrived: ["CV-1"], unseen: true }, NOTHING_RUNG, T);
  expect(rung({ arrived: ["CV-1"] }, everySecond(200), state)).toEqual([]);
});

test("each time that it begins to be on no screen, the first reminder comes after 30 s", () => {
  const unseen = { ...QUIET, arrived: ["CV-1"], unseen: true };
  const first = [0, 30].reduce((state, second) => ringing(unseen, state, T + second * 1_000).rung, NOTHING_RUNG);
  const seen = ringing({ ...unseen, unseen: false }, first, T + 40_000).rung;
  expect(rung({ arrived: ["CV-1"], unseen: true }, [59, 60, 61], seen)).toEqual(["60 booking again"]);
});

test("a burst rings once for the first and once for the others together", () => {
  let state = ringing({ ...QUIET, arrived: ["a"] }, NOTHING_RUNG, T).rung;
  const during = ringing({ ...QUIET, arrived: ["a", "b"] }, state, T + 1_000);
  expect(during.rings).toEqual([]);
  state = during.rung;
  expect(ringing({ ...QUIET, arrived: ["a", "b", "c"] }, state, T + 3_000).rings).toEqual([
    { kind: "booking", about: ["b", "c"] },
  ]);
});

test("a waiting customer rings at once, at each new message, and every two minutes until seen", () => {
  const waiting = [{ roomId: "u1", seq: 7 }];
  expect(rung({ waiting }, everySecond(241))).toEqual(["0 message u1", "120 message again", "240 message again"]);
  const { rung: state } = ringing({ ...QUIET, waiting }, NOTHING_RUNG, T);
  expect(rung({ waiting: [{ roomId: "u1", seq: 9 }] }, [10], state)).toEqual(["10 message u1"]);
  expect(rung({ waiting: [] }, everySecond(200), state)).toEqual([]);
});

test("a customer whose id is constructor rings like any other", () => {
  expect(rung({ waiting: [{ roomId: "constructor", seq: 7 }] }, [0])).toEqual(["0 message constructor"]);
});

test("what has rung on one tab does not ring on the next that leads", () => {
  const { rung: state } = ringing(
    { ...QUIET, arrived: ["CV-1"], waiting: [{ roomId: "u1", seq: 7 }] },
    NOTHING_RUNG,
    T,
  );
  const known = JSON.parse(JSON.stringify(state)) as Rung;
  expect(rung({ arrived: ["CV-1"], waiting: [{ roomId: "u1", seq: 7 }] }, everySecond(60), known)).toEqual([]);
});

test("after a clock was set back it rings as before it, and reminds as before", () => {
  const ahead = ringing(
    { ...QUIET, arrived: ["a"], waiting: [{ roomId: "u1", seq: 7 }] },
    NOTHING_RUNG,
    T + 86_400_000,
  );
  const facts = { arrived: ["a", "b"], unseen: true, waiting: [{ roomId: "u1", seq: 9 }] };
  expect(rung(facts, everySecond(40), ahead.rung)).toEqual(["0 booking b", "0 message u1", "30 booking again"]);
});

test("silent hours reach over midnight", () => {
  const at = (hours: number, minutes = 0) => new Date(2026, 10, 23, hours, minutes).getTime();
  const night = understood({ silent: { on: true, from: "22:00", to: "07:00" } });
  expect([21, 22, 3, 7].map((hours) => isSilent(night, at(hours)))).toEqual([false, true, true, false]);
  const noon = understood({ silent: { on: true, from: "12:00", to: "13:30" } });
  expect([isSilent(noon, at(13, 29)), isSilent(noon, at(13, 30)), isSilent(noon, at(3))]).toEqual([true, false, false]);
  expect(isSilent(understood({ silent: { on: false, from: "00:00", to: "23:59" } }), at(12))).toBe(false);
});

test("what stands in the storage comes from anybody", () => {
  expect(understood("x")).toEqual(understood(null));
  expect(understood({ sound: 1, desktop: "yes", silent: { on: true, from: "25:00" } })).toEqual({
    sound: true,
    desktop: false,
    silent: { on: true, from: "22:00", to: "07:00" },
    muted: { booking: 0, message: 0, lost: 0 },
  });
});

test("a kind is mute for an hour, or until the morning after", () => {
  const evening = new Date(2026, 10, 23, 22, 30).getTime();
  expect(muteUntil("hour", evening)).toBe(new Date(2026, 10, 23, 23, 30).getTime());
  expect(muteUntil("tomorrow", evening)).toBe(new Date(2026, 10, 24, 7, 0).getTime());
  expect(understood({ muted: { booking: "x", message: 5 } }).muted).toEqual({ booking: 0, message: 5, lost: 0 });
});
