// What is kept with an entry of the browser's history while the page lives, as the router keeps how far it is scrolled: who
// comes Back finds it, who opens the same anew does not.
const kept = new Map<string, unknown>();

/** The name that the router has for it (scrollKey). */
const keyOf = (name: string) => `${window.history.state?.over ?? window.history.state?.__TSR_key} ${name}`;

export const keptHere = <T>(name: string): T | undefined => kept.get(keyOf(name)) as T | undefined;

export function keepHere<T>(name: string, what: T): void {
  kept.set(keyOf(name), what);
}
