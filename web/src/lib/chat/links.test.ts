import { expect, test } from "vitest";
import { parts } from "./links";

const links = (text: string) => parts(text).flatMap(({ href }) => href ?? []);

test("text stays as it was written", () => {
  for (const text of [
    "hello",
    "see https://a.example/x?y=1#z, and http://b.example.",
    "",
    "দেখুন https://a.example/ক।",
  ]) {
    expect(
      parts(text)
        .map((part) => part.text)
        .join(""),
    ).toBe(text);
  }
});

test("an address ends where the sentence goes on", () => {
  expect(parts("(see https://a.example/x).")).toEqual([
    { text: "(see " },
    { text: "https://a.example/x", href: "https://a.example/x" },
    { text: ")." },
  ]);
  expect(links("[https://a.example/x]). (https://a.example/y])")).toEqual([
    "https://a.example/x",
    "https://a.example/y",
  ]);
  expect(links("https://a.example/wiki/Care_(medicine)")).toEqual(["https://a.example/wiki/Care_(medicine)"]);
});

test.each([")", "].", "."])("an address that ends in %j over and over holds up nobody", (end) => {
  const began = performance.now();
  parts(`https://a.example/${end.repeat(50_000)}`);
  parts(`https://a.example/${end.repeat(50_000)})`);
  parts(`https://a.example/${end.repeat(50_000)}x`);
  expect(performance.now() - began).toBeLessThan(500);
});

test.each([
  "javascript:alert(1)",
  "data:text/html,<script>",
  "file:///etc/passwd",
  "https://bank.example@evil.example/",
  "https://bank.example:x@evil.example/",
  "https://",
  "http://[",
  "vbscript:x",
])("%s is no link", (text) => {
  expect(links(text)).toEqual([]);
});

test("what turns the direction of writing ends an address", () => {
  expect(parts("https://a.example/\u202egpj.exe")[0]?.text).toBe("https://a.example/");
});
