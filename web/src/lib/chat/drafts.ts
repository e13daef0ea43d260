// What a person has begun to write, by conversation: kept in this browser, so it survives a reload and a sign-out, and is
// the same on every tab. Where the browser keeps nothing (a full or forbidden storage) it lives as long as the page.

const PREFIX = "carevia.draft.";

export class Drafts {
  readonly #memory = new Map<string, string>();
  readonly #watchers = new Set<() => void>();
  #version = 0;

  /** Raised by every change, here or on another tab. */
  get version(): number {
    return this.#version;
  }

  read(person: string, room: string): string {
    const key = keyOf(person, room);
    return this.#memory.get(key) ?? stored(key) ?? "";
  }

  write(person: string, room: string, text: string): void {
    const key = keyOf(person, room);
    this.#memory.delete(key);
    try {
      if (text === "") localStorage.removeItem(key);
      else localStorage.setItem(key, text);
    } catch {
      this.#memory.set(key, text);
    }
    this.#changed();
  }

  /** Whether it outlives the page: where nothing can be stored it does not. */
  kept(person: string, room: string): boolean {
    return !this.#memory.has(keyOf(person, room));
  }

  readonly watch = (watcher: () => void): (() => void) => {
    if (this.#watchers.size === 0) window.addEventListener("storage", this.#elsewhere);
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) window.removeEventListener("storage", this.#elsewhere);
    };
  };

  /** Browsers tell the other tabs of a change; a key of null says that everything was cleared. */
  readonly #elsewhere = (event: StorageEvent): void => {
    if (event.key !== null && !event.key.startsWith(PREFIX)) return;
    if (event.key !== null) this.#memory.delete(event.key);
    this.#changed();
  };

  #changed(): void {
    this.#version += 1;
    for (const watcher of this.#watchers) watcher();
  }
}

export const drafts = new Drafts();

/** Where a private note is kept: apart, so that what was meant for staff only never comes back as a message. */
export const noteOf = (room: string): string => `${room}/note`;

// Ids may hold any sign, so that no person's key may begin like another's.
const keyOf = (person: string, room: string) => `${PREFIX}${encodeURIComponent(person)}/${encodeURIComponent(room)}`;

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
