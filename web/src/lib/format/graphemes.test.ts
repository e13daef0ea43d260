import { expect, test } from "vitest";
import { firstOf, isBlank, shorten } from "./graphemes";
import { initials } from "./names";

// The same as in tests/domain/test_graphemes.py, which cuts by a rule of its own.
const WHOLE = [
  "কা",
  "ক্ষ",
  "স্ত্রী",
  "র্যা",
  "নিঃ",
  "é",
  "e\u0301",
  "👩‍👩‍👧‍👦",
  "👋🏽",
  "🇧🇩",
  "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
  "❤️",
  "1️⃣",
  "क्षि",
  "நி",
  "각",
  "ก็",
];

test.each(WHOLE)("%s is one character", (whole) => {
  expect(firstOf(`${whole}x`)).toBe(whole);
  expect(shorten(`${whole}${whole}${whole}`, 2)).toBe(`${whole}${whole}…`);
});

test("what is short enough stays, whatever it counts to", () => {
  expect(shorten("hello", 5)).toBe("hello");
  expect(shorten("👩‍👩‍👧‍👦", 1)).toBe("👩‍👩‍👧‍👦");
});

test("initials are whole characters", () => {
  expect(initials("নুসরাত জাহান")).toBe("নু");
});

test("what shows nothing is blank, and what joins letters is part of them", () => {
  expect(["", " \n", "\u200b\u2060 \u200e"].every(isBlank)).toBe(true);
  expect(["x", "\u200fক\u200c", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️", "1️⃣"].some(isBlank)).toBe(false);
});
