// A class whose token is not there is no error, it only does nothing.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SRC = dirname(fileURLToPath(import.meta.url));
const tokens = readFileSync(join(SRC, "app/styles/tokens.css"), "utf8");
const parts = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".tsx"))
  .map((file) => readFileSync(join(SRC, file), "utf8"));
const found = (pattern: RegExp) => [...new Set(parts.flatMap((part) => part.match(pattern) ?? []))];

test("every shadow that a part casts is a token", () => {
  const cast = found(/\bshadow-\w+/g);
  expect(cast).toContain("shadow-2");
  expect(cast.filter((shadow) => !tokens.includes(`--${shadow}:`))).toEqual([]);
});

test("no part has a colour of Tailwind's own, which are taken out", () => {
  expect(tokens).toContain("--color-*: initial;");
  expect(found(/\b(?:bg|text|border|fill|stroke|ring|outline|from|to)-(?:black|white|[a-z]+-\d{2,3})\b/g)).toEqual([]);
});
