// What a person has begun to write, by conversation: kept in this browser first, so it survives a reload and a sign-out,
// works without a connection and is the same on every tab; and beside it what the server has, to which it is brought by
// draft-sync.ts, and from where their other devices get it. Where the browser keeps nothing (a full or forbidden storage)
// it lives as long as the page.
import { kept } from "@/lib/stored";

const TEXT = "carevia.draft.";
const SAVED = "carevia.draft-saved.";
/** In place of what the server has, where that is not known: no text is like it. */
const UNKNOWN = "\0";

/** Where a draft lies by now, as far as it outlives the page. */
export type Kept = "server" | "browser" | null;

export class Drafts {
  readonly #memory = new Map<string, string>();
  readonly #watchers = new Set<() => void>();
  readonly #writers = new Set<(person: string, room: string) => void>();
  readonly #refused = new Set<string>();
  /** When each one changed last, by version; of all of them, where a tab has cleared everything. */
  readonly #changedAt = new Map<string, number>();
  #clearedAt = 0;
  #version = 0;

  /** Raised by every change, here or on another tab. */
  get version(): number {
    return this.#version;
  }

  read(person: string, room: string): string {
    return this.#get(TEXT + keyOf(person, room));
  }

  write(person: string, room: string, text: string): void {
    const key = keyOf(person, room);
    this.#put(TEXT + key, text);
    this.#refused.delete(key);
    this.#changed(key);
    for (const writer of this.#writers) writer(person, room);
  }

  /** In which conversations the server has another text, or none. */
  unsaved(person: string): string[] {
    return this.#rooms(person).filter((room) => !this.#isSaved(keyOf(person, room)));
  }

  /** The server has this text now; what is written may be another one since. */
  saved(person: string, room: string, text: string): void {
    this.#put(SAVED + keyOf(person, room), text);
    this.#changed(keyOf(person, room));
  }

  /** The server did not take what was written last, or has, and its answer was lost. */
  refused(person: string, room: string): void {
    this.#refused.add(keyOf(person, room));
    this.#put(SAVED + keyOf(person, room), UNKNOWN);
    this.#changed(keyOf(person, room));
  }

  /** What the server had, by conversation, when it was asked at `version`. It is right where nothing was written or saved
   * since, and nothing waits for being saved. */
  adopt(person: string, texts: ReadonlyMap<string, string>, version: number): void {
    if (this.#clearedAt > version) return;
    for (const room of new Set([...texts.keys(), ...this.#rooms(person)])) {
      const [key, text] = [keyOf(person, room), texts.get(room) ?? ""];
      if ((this.#changedAt.get(key) ?? 0) > version || this.#get(SAVED + key) === text) continue;
      if (this.#isSaved(key)) this.#put(TEXT + key, text);
      this.#put(SAVED + key, text);
      this.#changed(key);
    }
  }

  /** They sent this at another device, which ends there what it goes on from. What was changed here since stays. */
  sent(person: string, room: string, text: string): void {
    const key = keyOf(person, room);
    const begun = this.#get(TEXT + key).trim();
    if (begun === "" || !text.startsWith(begun) || !this.#isSaved(key)) return;
    this.#put(TEXT + key, "");
    this.#put(SAVED + key, "");
    this.#changed(key);
  }

  kept(person: string, room: string): Kept {
    const key = keyOf(person, room);
    if (this.#isSaved(key)) return "server";
    return this.#refused.has(key) && !this.#memory.has(TEXT + key) ? "browser" : null;
  }

  readonly watch = (watcher: () => void): (() => void) => {
    if (this.#watchers.size === 0) window.addEventListener("storage", this.#elsewhere);
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) window.removeEventListener("storage", this.#elsewhere);
    };
  };

  /** Told of what is written on this tab only. */
  onWrite(writer: (person: string, room: string) => void): () => void {
    this.#writers.add(writer);
    return () => this.#writers.delete(writer);
  }

  /** Browsers tell the other tabs of a change; a key of null says that everything was cleared. */
  readonly #elsewhere = ({ key }: StorageEvent): void => {
    const prefix = [TEXT, SAVED].find((one) => key?.startsWith(one));
    if (key !== null && prefix === undefined) return;
    if (key !== null) this.#memory.delete(key);
    this.#changed(key === null ? null : key.slice(prefix?.length));
  };

  #changed(key: string | null): void {
    this.#version += 1;
    if (key === null) this.#clearedAt = this.#version;
    else this.#changedAt.set(key, this.#version);
    for (const watcher of this.#watchers) watcher();
  }

  #isSaved(key: string): boolean {
    return this.#get(TEXT + key) === this.#get(SAVED + key);
  }

  #get(key: string): string {
    return this.#memory.get(key) ?? kept(key) ?? "";
  }

  #put(key: string, value: string): void {
    this.#memory.delete(key);
    try {
      if (value === "") localStorage.removeItem(key);
      else localStorage.setItem(key, value);
    } catch {
      if (value !== "") this.#memory.set(key, value);
    }
  }

  /** Where this person has a draft, here or by the server. */
  #rooms(person: string): string[] {
    const starts = [TEXT, SAVED].map((prefix) => `${prefix}${encodeURIComponent(person)}/`);
    const rooms = [...this.#memory.keys(), ...storedKeys()].flatMap((key) =>
      starts.filter((start) => key.startsWith(start)).map((start) => decodeURIComponent(key.slice(start.length))),
    );
    return [...new Set(rooms)];
  }
}

export const drafts = new Drafts();

/** Where a private note is kept: apart, so that what was meant for staff only never comes back as a message. */
export const noteOf = (room: string): string => `${room}/note`;

/** The conversation, and whether it is its private note: no user id has a slash. */
export function roomOf(place: string): { roomId: string; note: boolean } {
  const [roomId = "", note] = place.split("/");
  return { roomId, note: note !== undefined };
}

// Ids may hold any sign, so that no person's key may begin like another's.
const keyOf = (person: string, room: string) => `${encodeURIComponent(person)}/${encodeURIComponent(room)}`;

function storedKeys(): string[] {
  try {
    return Object.keys(localStorage);
  } catch {
    return [];
  }
}
