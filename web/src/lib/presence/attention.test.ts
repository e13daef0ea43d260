// @vitest-environment jsdom
import { afterEach, expect, test, vi } from "vitest";
import { setBack } from "@/testing/desk";
import { watchAttention } from "./attention";

let visible: DocumentVisibilityState = "visible";
vi.spyOn(document, "visibilityState", "get").mockImplementation(() => visible);
const look = (state: DocumentVisibilityState) => {
  visible = state;
  document.dispatchEvent(new Event("visibilitychange"));
};

afterEach(() => {
  visible = "visible";
  vi.useRealTimers();
});

test("a hidden tab is away, a shown one is here", () => {
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => visible);
  const said: string[] = [];
  const stop = watchAttention((state) => said.push(state));
  look("hidden");
  look("visible");
  stop();
  look("hidden");
  expect(said).toEqual(["away", "here"]);
});

test("nobody has touched it for five minutes: away, until somebody does", () => {
  vi.useFakeTimers();
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => visible);
  const said: string[] = [];
  const stop = watchAttention((state) => said.push(state));
  vi.advanceTimersByTime(200_000);
  window.dispatchEvent(new Event("keydown"));
  vi.advanceTimersByTime(200_000);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(100_001);
  expect(said).toEqual(["away"]);
  window.dispatchEvent(new Event("pointermove"));
  expect(said).toEqual(["away", "here"]);
  stop();
});

test("who comes back to a tab that was hidden for long is here at once, before they touch it", () => {
  vi.useFakeTimers();
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => visible);
  const said: string[] = [];
  const stop = watchAttention((state) => said.push(state));
  look("hidden");
  vi.advanceTimersByTime(400_000);
  look("visible");
  expect(said).toEqual(["away", "here"]);
  stop();
});

test("who left before the clock was set back is away all the same", () => {
  vi.useFakeTimers();
  const said: string[] = [];
  const stop = watchAttention((state) => said.push(state));
  setBack();
  vi.advanceTimersByTime(600_001);
  expect(said).toEqual(["away"]);
  stop();
});
