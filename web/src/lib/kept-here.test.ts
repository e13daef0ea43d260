import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepHere, keptHere } from "./kept-here";

const entry = { __TSR_key: "one" };
beforeEach(() => vi.stubGlobal("window", { history: { state: entry } }));
afterEach(() => vi.unstubAllGlobals());

test("of a desk that is open all day only the newest places are kept, and the one that is scrolled is one of them", () => {
  for (let number = 0; number < 1_000; number += 1) {
    keepHere(`messages to ${number}`, number);
    keepHere("the one that is scrolled", "here");
  }
  expect(keptHere("the one that is scrolled")).toBe("here");
  expect([0, 800, 802, 999].map((number) => keptHere(`messages to ${number}`))).toEqual([
    undefined,
    undefined,
    802,
    999,
  ]);
});
