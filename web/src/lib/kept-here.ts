// What is kept with an entry of the browser's history while the page lives, as the router keeps how far it is scrolled: who
// comes Back finds it, who opens the same anew does not.
const kept = new Map<string, unknown>();
const MOST = 200; // a desk is open all day

/** The name that the router has for it (scrollKey). */
const keyOf = (name: string) => `${window.history.state?.over ?? window.history.state?.__TSR_key} ${name}`;

export const keptHere = <T>(name: string): T | undefined => kept.get(keyOf(name)) as T | undefined;

export function keepHere<T>(name: string, what: T): void {
  const key = keyOf(name);
  kept.delete(key); // so that it is the newest
  kept.set(key, what);
  const [oldest = key] = kept.keys();
  if (kept.size > MOST) kept.delete(oldest);
}
