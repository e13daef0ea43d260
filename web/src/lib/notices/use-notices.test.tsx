import { renderHook } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { play } from "./sound";
import { useNotices } from "./use-notices";

vi.mock("./sound", () => ({ play: vi.fn(async () => true) }));
afterEach(() => vi.restoreAllMocks());

test("where the browser has no room to keep what has rung, a booking rings once all the same", () => {
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  const facts = { arrived: ["CV-1"], unseen: false, waiting: [] };
  const describe = () => ({ title: "", body: "", tag: "", open: () => {} });
  const start = Date.now();
  const seconds = (now: number) => ({ owner: "s1", live: true, facts, now: start + now * 1_000, describe });
  const { rerender } = renderHook(useNotices, { initialProps: seconds(0) });
  for (let second = 1; second <= 10; second += 1) rerender(seconds(second));
  expect(play).toHaveBeenCalledOnce();
});
