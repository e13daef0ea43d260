import { afterEach, beforeEach, expect, test, vi } from "vitest";

// The module decides when it is loaded, so each test loads one of its own.
const KEY = "carevia-language";

function browser(languages: string[], stored: string | null) {
  const heard = new Map<string, (event: unknown) => void>();
  const kept = new Map(stored === null ? [] : [[KEY, JSON.stringify(stored)]]);
  const html = { lang: "" };
  vi.stubGlobal("navigator", { languages });
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
  vi.stubGlobal("document", { documentElement: html });
  vi.stubGlobal("window", { addEventListener: (name: string, run: (event: unknown) => void) => heard.set(name, run) });
  return { html, kept, heard };
}

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllGlobals());

test.each([
  [["bn-BD", "en"], null, "bn"],
  [["fr", "bn", "en"], null, "bn"],
  [["fr", "en-GB", "bn"], null, "en"],
  [["fr"], null, "en"],
  [["bn"], "en", "en"],
  [["en"], "bn", "bn"],
  [["bn"], "fr", "bn"],
] as const)("a browser of %j that keeps %j speaks %s", async (languages, stored, wanted) => {
  const { html } = browser([...languages], stored);
  const { language } = await import("./language");
  expect([language(), html.lang]).toEqual([wanted, wanted]);
});

test("a choice is kept, told to the page, and taken over from another tab", async () => {
  const { html, kept, heard } = browser(["en"], null);
  const { language, speak, spoken } = await import("./language");
  const words = spoken({ a: "one", inner: { b: () => "two" } }, { a: "এক", inner: { b: () => "দুই" } });
  const { inner } = words;
  speak("bn");
  expect([kept.get(KEY), html.lang, words.a, inner.b()]).toEqual(['"bn"', "bn", "এক", "দুই"]);
  kept.set(KEY, '"en"');
  heard.get("storage")?.({ key: KEY });
  expect([language(), html.lang, words.a, inner.b()]).toEqual(["en", "en", "one", "two"]);
});

test("without storage it still speaks", async () => {
  browser(["en"], null);
  vi.stubGlobal("localStorage", undefined);
  const { language, speak } = await import("./language");
  speak("bn");
  expect(language()).toBe("bn");
});

test("a text in the other script says so", async () => {
  browser(["bn"], null);
  const { writtenIn } = await import("./language");
  expect([writtenIn("Hello"), writtenIn("আপনাকে hello"), writtenIn("৳ 3"), writtenIn("")]).toEqual([
    { lang: "en" },
    {},
    {},
    {},
  ]);
});
