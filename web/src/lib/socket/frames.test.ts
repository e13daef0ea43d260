// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";
import type { ConnectionEvent } from "./connection";
import { Frames } from "./frames";

const received = (name: string): ConnectionEvent => ({ type: "received", name, args: [], seq: null });
const connected: ConnectionEvent = { type: "connected", id: "s1", recovered: false };

let frames: Frames;
let told: string[];
beforeEach(() => {
  vi.useFakeTimers();
  frames = new Frames();
  told = [];
  frames.subscribe((event) => told.push(event.type === "received" ? event.name : event.type));
});

test("what comes between two frames is told together, in its order, before the next", () => {
  for (const name of ["a", "b", "c"]) frames.take(received(name));
  expect(told).toEqual([]);
  vi.advanceTimersToNextFrame();
  expect(told).toEqual(["a", "b", "c"]);
});

test("a burst is told some ten times a second, and what comes after a rest at the next frame", () => {
  let times = 0;
  frames.subscribe(() => {
    times += 1;
  });
  const tellings = new Set<number>();
  frames.subscribe(() => tellings.add(performance.now()));
  for (let n = 0; n < 200; n += 1) {
    frames.take(received(`${n}`));
    vi.advanceTimersByTime(5);
  }
  vi.advanceTimersByTime(300);
  expect(times).toBe(200);
  expect(tellings.size).toBeLessThanOrEqual(12);
  frames.take(received("later"));
  vi.advanceTimersByTime(17);
  expect(told.at(-1)).toBe("later");
});

test("a few events in a row are told twenty times a second", () => {
  const tellings = new Set<number>();
  frames.subscribe(() => tellings.add(performance.now()));
  for (let n = 0; n < 50; n += 1) {
    frames.take(received(`${n}`));
    vi.advanceTimersByTime(20);
  }
  expect(tellings.size).toBeGreaterThanOrEqual(14);
});

test("a cut is told at once, after everything that came before it", () => {
  frames.take(received("a"));
  frames.take(connected);
  expect(told).toEqual(["a", "connected"]);
  vi.advanceTimersByTime(1_000);
  expect(told).toEqual(["a", "connected"]);
});

test("a tab in the background has no frames and is told all the same; a closed one is told nothing", () => {
  vi.stubGlobal("requestAnimationFrame", () => 0);
  frames.take(received("a"));
  vi.advanceTimersByTime(250);
  expect(told).toEqual(["a"]);
  frames.take(received("b"));
  frames.close();
  vi.advanceTimersByTime(1_000);
  expect(told).toEqual(["a"]);
});
