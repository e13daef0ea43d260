import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { speak } from "@/lib/language";
import { ApiError } from "./http";
import { BENGALI, PATTERNS, said, saidWithin } from "./said";

const SERVER = join(dirname(fileURLToPath(import.meta.url)), "../../../../src/carevia");

afterEach(() => speak("en"));

test("every sentence that is translated is one of the server's", () => {
  const files = readdirSync(SERVER, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".py"));
  // Python joins literals that stand on lines of their own.
  const source = files.map((file) => readFileSync(join(SERVER, file), "utf8").replaceAll(/"\s*\n\s*"/g, "")).join();
  expect(Object.keys(BENGALI).filter((sentence) => !source.includes(`"${sentence}"`))).toEqual([]);
  const pieces = PATTERNS.flatMap(([english]) => english.source.replaceAll(/[$^\\]/g, "").split("(.+)"));
  // What is refused stands where it is, without the colon that domain/fields.py puts after it.
  expect(pieces.filter((piece) => !source.includes(piece.replace(/: $/, "")))).toEqual([]);
});

test("a sentence with a word or a number of its own is Bengali too", () => {
  const full = "The disk is full: nothing was confirmed. Try again in a moment.";
  const taken = "There is a reply under /hello already. Choose another word.";
  const many = "There are 500 replies already. Remove one first.";
  const heic = "This cannot be attached: it must be a JPEG, PNG, WebP or GIF picture or a PDF.";
  expect(said(taken)).toBe(taken);
  speak("bn");
  expect([full, taken, many, heic].map(said)).toEqual([
    "এই মুহূর্তে সংরক্ষণ হচ্ছে না, কিছু নিশ্চিত করা হয়নি। একটু পরে আবার চেষ্টা করুন।",
    "/hello দিয়ে একটি উত্তর আগে থেকেই আছে। অন্য শব্দ বেছে নিন।",
    "আগে থেকেই ৫০০টি উত্তর আছে। আগে একটি মুছুন।",
    "ফাইলটি যোগ করা যায় না: শুধু JPEG, PNG, WebP ও GIF ছবি এবং পিডিএফ যোগ করা যায়।",
  ]);
});

test("at the end of a sentence of ours it has no full stop of its own", () => {
  expect([saidWithin("Sign in first"), saidWithin("Not at the moment. Try again.")]).toEqual([
    "Sign in first",
    "Not at the moment. Try again",
  ]);
  speak("bn");
  expect(saidWithin("Not at the moment. Try again.")).toBe("এই মুহূর্তে হচ্ছে না। আবার চেষ্টা করুন");
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

test("who answers well and not as our server does is somebody else: a hotel's sign-in page", () => {
  const silent = "The server does not answer. Check your connection and try again.";
  expect([new ApiError(200, null).message, new ApiError(502, null).message]).toEqual([
    silent,
    "The server answered 502 without saying why. Try again.",
  ]);
});
