// How far this device's clock is ahead of the server's. A laptop's may be wrong by hours, and what has happened is told in
// the server's times: how long ago that is, is counted by the server's clock too.
let ahead = 0;
let told = false;

const WRONG = 60_000; // ms; an answer may be late by some seconds, and its Date has no fractions

/** As the newest `live` says it, ms; null where nothing is known. */
export function noteAhead(ms: number | null): void {
  ahead = ms ?? 0;
  told = ms !== null;
}

/** The Date of an answer, as long as no `live` has come: a family's first one may take five seconds. */
export function noteAnswered(date: string | null): void {
  const ms = Date.now() - Date.parse(date ?? "");
  if (!told && Math.abs(ms) > WRONG) ahead = ms;
}

/** A time of this device, by the server's clock. */
export const onServerClock = (time: number): number => time - ahead;
