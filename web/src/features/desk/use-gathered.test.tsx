import { renderHook } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { useGathered } from "./use-gathered";

afterEach(() => {
  vi.useRealTimers();
});

/** How often it ran while something came every 100 ms for so long, and a second after that. */
function ran(seconds: number): [number, number] {
  vi.useFakeTimers();
  const run = vi.fn();
  const { result } = renderHook(() => useGathered(run));
  for (let time = 0; time < seconds * 10; time += 1) {
    result.current();
    vi.advanceTimersByTime(100);
  }
  const during = run.mock.calls.length;
  vi.advanceTimersByTime(1_000);
  return [during, run.mock.calls.length];
}

test("what comes at once is asked about once, after it", () => {
  expect(ran(1)).toEqual([0, 1]);
});

test("where one comes after the other without a pause it is asked about every three seconds", () => {
  expect(ran(10)).toEqual([3, 4]);
});
