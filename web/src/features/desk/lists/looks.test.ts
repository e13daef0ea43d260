import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { speak } from "@/lib/language";
import { BENGALI, looks } from "./looks";

const SERVER = join(dirname(fileURLToPath(import.meta.url)), "../../../../../src/carevia");

afterEach(() => speak("en"));

test("every reason that is translated is one of the server's", () => {
  const files = readdirSync(SERVER, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".py"));
  const source = files.map((file) => readFileSync(join(SERVER, file), "utf8")).join();
  const pieces = BENGALI.flatMap(([english]) => english.source.replaceAll(/[$^]/g, "").split("(.+)"));
  expect(pieces.filter((piece) => !source.includes(piece))).toEqual([]);
});

test("several reasons are told one by one, without what the payment's state says already", () => {
  expect(looks("")).toEqual([]);
  expect(looks("nothing was paid; a dispute was lost; a refund failed")).toEqual([
    "nothing was paid",
    "a refund failed",
  ]);
});

test("a reason speaks the language of the page, with its figures", () => {
  const differs = "We have 3000 bdt, the provider 3100 bdt.";
  const standing = "We have it as paid, the provider has it as partly_refunded.";
  expect([...looks(differs), ...looks(standing)]).toEqual([
    "We have ৳3,000, the provider ৳3,100",
    "We have it as paid, the provider has it as partly refunded",
  ]);
  speak("bn");
  const same = "CV-12345678 may be the same booking"; // which is no amount of a currency
  expect([...looks(differs), ...looks(standing), ...looks("nobody knows this"), ...looks(same)]).toEqual([
    "আমাদের হিসাবে ৳৩,০০০, পেমেন্টের মাধ্যমের হিসাবে ৳৩,১০০",
    "আমাদের কাছে এটি “পরিশোধ”, পেমেন্টের মাধ্যমের কাছে “আংশিক ফেরত”",
    "nobody knows this",
    "CV-12345678 হয়তো এই একই বুকিং",
  ]);
});
