import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { DISTRICTS } from "./districts.bn";

const CATALOGUE = join(dirname(fileURLToPath(import.meta.url)), "../../../src/carevia/domain/catalogue.py");

test("every district of the catalogue has a Bengali name of its own", () => {
  const catalogue = readFileSync(CATALOGUE, "utf8");
  const missing = Object.keys(DISTRICTS).filter((name) => !catalogue.includes(name));
  expect([missing, Object.keys(DISTRICTS).length, new Set(Object.values(DISTRICTS)).size]).toEqual([[], 64, 64]);
});
