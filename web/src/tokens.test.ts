// A class whose token is not there is no error, it only does nothing.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SRC = dirname(fileURLToPath(import.meta.url));

test("every shadow that a part casts is a token", () => {
  const tokens = readFileSync(join(SRC, "app/styles/tokens.css"), "utf8");
  const parts = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".tsx"));
  const cast = parts.flatMap((file) => readFileSync(join(SRC, file), "utf8").match(/\bshadow-\w+/g) ?? []);
  expect(cast.length).toBeGreaterThan(10);
  expect([...new Set(cast)].filter((shadow) => !tokens.includes(`--${shadow}:`))).toEqual([]);
});
