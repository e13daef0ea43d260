// Brings drafts to the server and back: what is written here once the person rests, what they wrote at another device
// whenever the page comes to the server or into view. Where both have changed, what was written here stays.
import { type Draft, getDrafts, keepDraft } from "./draft-api";
import { type Drafts, noteOf, roomOf } from "./drafts";

/** ms after the last letter. */
const REST = 1_000;

export class DraftSync {
  readonly #person: string;
  readonly #drafts: Drafts;
  readonly #leave: () => void;
  readonly #waiting = new Map<string, ReturnType<typeof setTimeout>>();
  /** One after the other: a text must not overtake the one that was written after it. */
  #last: Promise<void> = Promise.resolve();

  constructor(person: string, drafts: Drafts) {
    this.#person = person;
    this.#drafts = drafts;
    this.#leave = drafts.onWrite((person, room) => {
      if (person !== this.#person) return;
      // Sent, or given up: another device that came into view before its end was saved would offer it again.
      if (drafts.read(person, room) === "") this.#save(room);
      else this.#saveSoon(room);
    });
    document.addEventListener("visibilitychange", this.#seen);
  }

  /** What another device has written; then what waits here goes out. A server that does not answer is asked next time. */
  readonly load = async (): Promise<void> => {
    const version = this.#drafts.version;
    const rows = await getDrafts(this.#person).catch(() => null);
    if (rows === null) return;
    this.#drafts.adopt(this.#person, new Map(rows.map((row) => [placeOf(row), row.text])), version);
    for (const room of this.#drafts.unsaved(this.#person)) if (!this.#waiting.has(room)) this.#save(room);
  };

  /** What rests is saved still. */
  close(): void {
    this.#leave();
    document.removeEventListener("visibilitychange", this.#seen);
    this.#saveWaiting();
  }

  readonly #seen = () => {
    if (document.visibilityState === "hidden") this.#saveWaiting();
    else void this.load();
  };

  #saveSoon(room: string): void {
    clearTimeout(this.#waiting.get(room));
    this.#waiting.set(
      room,
      setTimeout(() => this.#save(room), REST),
    );
  }

  #saveWaiting(): void {
    for (const room of [...this.#waiting.keys()]) this.#save(room);
  }

  #save(room: string): void {
    clearTimeout(this.#waiting.get(room));
    this.#waiting.delete(room);
    this.#last = this.#last.then(async () => {
      const text = this.#drafts.read(this.#person, room);
      try {
        await keepDraft(this.#person, { ...roomOf(room), text });
        this.#drafts.saved(this.#person, room, text);
      } catch {
        this.#drafts.refused(this.#person, room); // it is tried again with the next load
      }
    });
  }
}

const placeOf = ({ roomId, note }: Draft) => (note ? noteOf(roomId) : roomId);
