import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("Safari lets a tab sound that asks within a touch; what has waited for the touch is not heard any more", async () => {
  vi.useFakeTimers();
  const heard: number[] = [];
  let touching = false;
  class Safari {
    state = "suspended";
    currentTime = 0;
    #waiting: (() => void)[] = [];
    resume() {
      return new Promise<void>((done) => {
        this.#waiting.push(done);
        if (!touching) return;
        this.state = "running";
        for (const one of this.#waiting) one();
      });
    }
    createOscillator() {
      const frequency = { value: 0 };
      const start = () => heard.push(frequency.value);
      return { frequency, start, stop: () => {}, connect: (next: unknown) => next };
    }
    createGain() {
      const ramp = () => {};
      const gain = { setValueAtTime: ramp, linearRampToValueAtTime: ramp, exponentialRampToValueAtTime: ramp };
      return { gain, connect: (next: unknown) => next };
    }
  }
  vi.stubGlobal("AudioContext", Safari);
  const { mayPlay, play, soundOnTouch } = await import("./sound");
  const stop = soundOnTouch();
  const early = play("message");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(mayPlay()).toBe(false);
  touching = true;
  window.dispatchEvent(new Event("click"));
  touching = false;
  expect(await early).toBe(false);
  expect(mayPlay()).toBe(true);
  expect(await play("lost")).toBe(true);
  expect(heard).toEqual([196]);
  stop();
});
