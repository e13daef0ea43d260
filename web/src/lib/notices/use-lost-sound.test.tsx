import { renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { noticeSettings, USUAL } from "./settings";
import { useLostSound } from "./use-lost-sound";

let notes: number[];

class Audio {
  state = "running";
  currentTime = 0;
  createOscillator() {
    const frequency = { value: 0 };
    const tone = {
      frequency,
      connect: (next: unknown) => next,
      stop: () => {},
      start: () => notes.push(frequency.value),
    };
    return tone;
  }
  createGain() {
    const ramp = () => {};
    const gain = { setValueAtTime: ramp, linearRampToValueAtTime: ramp, exponentialRampToValueAtTime: ramp };
    return { gain, connect: (next: unknown) => next };
  }
}

beforeEach(() => {
  notes = [];
  vi.stubGlobal("AudioContext", Audio);
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  noticeSettings.write(USUAL);
});

const wait = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);

test("a lost connection sounds once after 10 s, not when it is back before, and not when it is muted", async () => {
  const { rerender } = renderHook(({ lost }) => useLostSound("s1", lost), { initialProps: { lost: true } });
  await wait(9);
  rerender({ lost: false });
  await wait(5);
  expect(notes).toEqual([]);
  rerender({ lost: true });
  await wait(60);
  expect(notes).toEqual([196]);
  rerender({ lost: false });
  noticeSettings.write({ ...USUAL, muted: { ...USUAL.muted, lost: Date.now() + 60_000 } });
  rerender({ lost: true });
  await wait(20);
  expect(notes).toEqual([196]);
});
