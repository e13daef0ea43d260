import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { speak } from "@/lib/language";
import { ApiError } from "./http";
import { BENGALI, said } from "./said";

const SERVER = join(dirname(fileURLToPath(import.meta.url)), "../../../../src/carevia");

afterEach(() => speak("en"));

test("every sentence that is translated is one of the server's", () => {
  const files = readdirSync(SERVER, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".py"));
  // Python joins literals that stand on lines of their own.
  const source = files.map((file) => readFileSync(join(SERVER, file), "utf8").replaceAll(/"\s*\n\s*"/g, "")).join();
  expect(Object.keys(BENGALI).filter((sentence) => !source.includes(`"${sentence}"`))).toEqual([]);
});

test("an error speaks the language of the page, also one from before it was chosen", () => {
  const error = new ApiError(401, "The email address or the password is not right.");
  expect(error.message).toBe("The email address or the password is not right.");
  speak("bn");
  expect([error.message, new ApiError(0, null).message, said("nobody knows this")]).toEqual([
    "ইমেইল বা পাসওয়ার্ড ঠিক নয়।",
    "সার্ভার সাড়া দিচ্ছে না। আপনার সংযোগ দেখে আবার চেষ্টা করুন।",
    "nobody knows this",
  ]);
});
