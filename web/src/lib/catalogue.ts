// Names of services and divisions in the reader's language. Bookings carry them in English, as they were bought; the
// catalogue knows the Bengali ones, and is asked when the first page is read in Bengali. What it does not know, because
// another site sold it or it is sold no more, is shown as it was written.
import { useEffect, useSyncExternalStore } from "react";
import { getCatalogue } from "./api/get-catalogue";
import { language, useLanguage } from "./language";

type Names = (name: string) => string;

const asWritten: Names = (name) => name;
const changed = new Set<() => void>();
let bengali: Names = asWritten;
let asked = false;

/** Where nothing is drawn anew: what is known by now. */
export const named: Names = (name) => (language() === "bn" ? bengali(name) : name);

/** Makes the component show the names as soon as they are known, and be drawn anew in another language. */
export function useNames(): Names {
  const read = useLanguage();
  const names = useSyncExternalStore(listen, () => bengali);
  useEffect(() => {
    if (read === "bn") ask();
  }, [read]);
  return read === "bn" ? names : asWritten;
}

function ask(): void {
  if (asked) return;
  asked = true;
  getCatalogue().then(learn, () => {
    asked = false; // whoever is drawn next asks again
  });
}

function learn({ services, divisions }: Awaited<ReturnType<typeof getCatalogue>>): void {
  const known = new Map([...services, ...divisions].map(({ name, nameBn }) => [name, nameBn]));
  bengali = (name) => known.get(name) || name;
  for (const run of [...changed]) run();
}

function listen(run: () => void): () => void {
  changed.add(run);
  return () => changed.delete(run);
}
