import { expect, test } from "vitest";
import { inRem } from "../text-sized.ts";

test.each([
  ["13px / 20px var(--font-sans)", "0.8125rem / 1.25rem var(--font-sans)"],
  ["calc(100dvh - 32px)", "calc(100dvh - 2rem)"],
  ["(width >= 760px)", "(width >= 47.5rem)"],
  ["-12.5px .5px", "-0.78125rem .5px"],
])("a length of the designs, %s, is a part of the text size: %s", (said, sized) => expect(inRem(said)).toBe(sized));

test.each(["1px solid", "-1px", "--12px", "a12px", "0"])("%s stays what it is", (said) =>
  expect(inRem(said)).toBe(said),
);
