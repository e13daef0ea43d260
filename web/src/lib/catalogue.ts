// Names of services, divisions and districts in the reader's language. Bookings carry them in English, as they were
// bought; the catalogue knows the Bengali ones, districts.bn.ts those of districts, and both are asked when the first
// page is read in Bengali. What they do not know, because another site sold it or it is sold no more, is shown as it was
// written.
import { useEffect, useSyncExternalStore } from "react";
import { getCatalogue } from "./api/get-catalogue";
import { language, useLanguage } from "./language";

type Names = (name: string) => string;

const AGAIN = 5_000;

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
  Promise.all([getCatalogue(), import("./districts.bn")]).then(
    ([catalogue, { DISTRICTS }]) => learn(catalogue, DISTRICTS),
    () => {
      asked = false; // whoever is drawn next asks again, and so does this page while somebody reads it
      setTimeout(() => changed.size > 0 && ask(), AGAIN);
    },
  );
}

type Catalogue = Awaited<ReturnType<typeof getCatalogue>>;

function learn({ services, divisions }: Catalogue, districts: Readonly<Record<string, string>>): void {
  const known = new Map(Object.entries(districts));
  for (const { name, nameBn } of [...services, ...divisions]) known.set(name, nameBn);
  bengali = (name) => known.get(name) || name;
  for (const run of [...changed]) run();
}

function listen(run: () => void): () => void {
  changed.add(run);
  return () => changed.delete(run);
}
