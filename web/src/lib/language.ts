// The language of the pages: chosen by a switch, kept in this browser, the same on all its tabs. Who has chosen nothing
// gets the first of their browser's languages that we speak. Words and formats ask for it each time they are used, so a
// change needs no reload: pages draw themselves anew (useLanguage) and keep everything that stands in them.
import { useSyncExternalStore } from "react";
import { stored } from "./stored";

export const LANGUAGES = ["en", "bn"] as const;
export type Language = (typeof LANGUAGES)[number];

const choice = stored("carevia-language", known);
const changed = new Set<() => void>();
let current = chosen();
show();
if (typeof window !== "undefined") choice.watch(() => become(chosen()));

export const language = (): Language => current;

/** The choice of the person before the screen: at once, on every tab, and next time. */
export function speak(wanted: Language): void {
  choice.write(wanted);
  become(wanted);
}

/** Makes the component, and what it shows, speak another language as soon as one is chosen. */
export function useLanguage(): Language {
  return useSyncExternalStore(listen, language);
}

function listen(run: () => void): () => void {
  changed.add(run);
  return () => changed.delete(run);
}

/** The words of one place: an object of the shape of both, whose words are looked up each time they are used. */
export function spoken<T extends object>(en: T, bn: T): T {
  const words = {};
  for (const key of Object.keys(en) as (keyof T & string)[]) {
    const word = en[key];
    Object.defineProperty(words, key, {
      enumerable: true,
      ...(isGroup(word)
        ? { value: spoken<object>(word, bn[key] as object) }
        : { get: () => (current === "bn" ? bn : en)[key] }),
    });
  }
  return words as T;
}

function isGroup(word: unknown): word is object {
  return typeof word === "object" && word !== null && !Array.isArray(word);
}

/** What is costly to make: made once for each language, when it is first used. */
export function perLanguage<T>(make: (language: Language) => T): () => T {
  const made: Partial<Record<Language, T>> = {};
  return () => {
    made[current] ??= make(current);
    return made[current] as T;
  };
}

/** Spread on an element whose text is somebody's own: it is marked where it is in the other script than the page. */
export function writtenIn(text: string): { lang?: Language } {
  const own = /[\u0980-\u09e3]/.test(text) ? "bn" : /\p{Script=Latin}/u.test(text) ? "en" : current;
  return own === current ? {} : { lang: own };
}

function become(wanted: Language): void {
  if (wanted === current) return;
  current = wanted;
  show();
  for (const run of [...changed]) run();
}

/** Runs when this module is loaded, before anything is drawn. */
function show(): void {
  if (typeof document !== "undefined") document.documentElement.lang = current;
}

function chosen(): Language {
  const browser = globalThis.navigator?.languages ?? [];
  return choice.read() ?? browser.map((one) => known(one.split("-")[0])).find((one) => one !== null) ?? "en";
}

function known(given: unknown): Language | null {
  return LANGUAGES.find((one) => one === given) ?? null;
}
