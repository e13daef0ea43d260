import { renderHook } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { Ring } from "./reminders";
import { noticeSettings, USUAL } from "./settings";
import { play } from "./sound";
import { useNotices } from "./use-notices";

vi.mock("./sound", () => ({ play: vi.fn(async () => true), soundOnTouch: () => () => {} }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.mocked(play).mockClear();
  vi.unstubAllGlobals();
  localStorage.clear();
});

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

test("what somebody sees or has muted needs no desktop notice, and a muted kind no sound", () => {
  const shown: string[] = [];
  class Notice {
    static permission = "granted";
    constructor(title: string) {
      shown.push(title);
    }
  }
  vi.stubGlobal("Notification", Notice);
  const focus = vi.spyOn(document, "hasFocus").mockReturnValue(true);
  const start = Date.now();
  noticeSettings.write({ ...USUAL, desktop: true, muted: { ...USUAL.muted, message: start + 60_000 } });
  const at = (second: number, arrived: string[]) => ({
    ...{ owner: "s1", live: true, now: start + second * 1_000 },
    facts: { arrived, unseen: false, waiting: [{ roomId: "u1", seq: 7 }] },
    describe: ({ kind, about }: Ring) => ({ title: `${kind} ${about}`, body: "", tag: "", open: () => {} }),
  });
  const { rerender } = renderHook(useNotices, { initialProps: at(0, ["CV-1"]) });
  expect(shown).toEqual([]);
  focus.mockReturnValue(false);
  rerender(at(5, ["CV-1", "CV-2"]));
  expect(shown).toEqual(["booking CV-2"]);
  expect(vi.mocked(play).mock.calls).toEqual([["booking"], ["booking"]]);
});
