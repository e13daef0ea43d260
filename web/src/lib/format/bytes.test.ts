import { expect, test } from "vitest";
import { speak } from "@/lib/language";
import { bytes } from "./bytes";

test.each([
  [12, "1 kB"],
  [820_400, "820 kB"],
  [1_440_000, "1.4 MB"],
  [9_000_000, "9 MB"],
])("%i bytes are %s", (size, words) => {
  expect(bytes(size, "en-GB")).toBe(words);
});

test("in Bengali the unit is Bengali too", () => {
  speak("bn");
  expect([bytes(820_400), bytes(1_440_000)]).toEqual(["৮২০ কেবি", "১.৪ এমবি"]);
  speak("en");
});
