import { renderHook } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { useGathered } from "./use-gathered";

afterEach(() => {
  vi.useRealTimers();
});

/** When it ran (s), while something came every `gap` ms for so many seconds, and for a second after that. An answer takes
 * `answer` ms. */
async function ran(seconds: number, { gap = 100, answer = 0 } = {}): Promise<number[]> {
  vi.useFakeTimers();
  const began = performance.now();
  const times: number[] = [];
  const run = () => {
    times.push((performance.now() - began) / 1_000);
    return new Promise<void>((done) => setTimeout(done, answer));
  };
  const { result } = renderHook(() => useGathered(run));
  for (let time = 0; time < seconds * 1_000; time += gap) {
    result.current();
    await vi.advanceTimersByTimeAsync(gap);
  }
  await vi.advanceTimersByTimeAsync(1_000);
  return times;
}

test("what comes at once is asked about once, after it", async () => {
  expect(await ran(1)).toEqual([1.2]);
});

test("where one comes after the other without a pause it is asked about every three seconds", async () => {
  expect(await ran(10)).toEqual([3, 6, 9, 10.2]);
});

test("on a slow line what has been asked for is answered before it is asked for anew, soon after", async () => {
  expect(await ran(4, { gap: 500, answer: 900 })).toEqual([0.3, 1.5, 2.8, 4]);
});

test("for an answer that does not come nobody waits longer than three seconds", async () => {
  expect(await ran(8, { gap: 500, answer: 60_000 })).toEqual([0.3, 3.5, 6.5]);
});
