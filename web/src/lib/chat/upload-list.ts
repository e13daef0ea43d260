// What is being attached to the message that is written in a conversation: uploads with their progress. Like its text
// it outlives the view of the conversation until it is sent, and what has arrived outlives the page too: a phone that is
// short of memory loads it anew at any moment.
import { ApiError } from "@/lib/api/http";
import { uniqueId } from "@/lib/unique-id";
import type { Attachment } from "./conversation";
import { canBeSmaller, smaller } from "./smaller";
import { LARGEST, MOST, typeOf, type Upload, upload } from "./upload";

type Refusal = "type" | "size" | "many";

export interface Uploading {
  id: string;
  name: string;
  /** 0 to 1. */
  part: number;
  done: Attachment | null;
  /** What the server said, empty where it did not answer; null while it goes on. */
  error: string | null;
}

interface Standing {
  list: readonly Uploading[];
  /** Why the last file was not taken. */
  refused: { name: string; why: Refusal } | null;
}

const NOTHING: Standing = { list: [], refused: null };
const kept = new WeakMap<object, Map<string, UploadList>>();

/** Those of what `person` writes in `roomId`, for as long as there is a `page`. */
export function uploadsOf(page: object, person: string, roomId: string): UploadList {
  const lists = kept.get(page) ?? new Map<string, UploadList>();
  kept.set(page, lists);
  const key = JSON.stringify([person, roomId]);
  return lists.get(key) ?? new UploadList(lists, key, roomId);
}

export class UploadList {
  #kept: Map<string, UploadList>;
  #key: string;
  #roomId: string;
  #running = new Map<string, Upload>();
  #adding = 0;
  #turn: Promise<void> = Promise.resolve();
  #listeners = new Set<() => void>();
  #standing: Standing;

  constructor(keptIn: Map<string, UploadList>, key: string, roomId: string) {
    this.#kept = keptIn;
    this.#key = key;
    this.#roomId = roomId;
    this.#standing = { ...NOTHING, list: arrivedBefore(key) };
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** For who looks at it. What nobody looks at is kept where there is something in it. */
  subscribe = (listener: () => void): (() => void) => {
    this.#kept.set(this.#key, this);
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size + this.#standing.list.length + this.#adding === 0) this.#kept.delete(this.#key);
    };
  };

  async add(files: Iterable<File>): Promise<void> {
    this.#become({ refused: null });
    this.#adding += 1; // what is not read yet is in it too
    // Copied: what is dropped is to be had during its event only.
    for (const file of [...files]) {
      const why = (await whyNot(file)) ?? (this.#standing.list.length >= MOST ? "many" : null);
      if (why) {
        this.#become({ refused: { name: file.name, why } });
        continue;
      }
      const id = `${Date.now()}-${uniqueId()}`;
      const one: Uploading = { id, name: file.name, part: 0, done: null, error: null };
      this.#become({ list: [...this.#standing.list, one] });
      // It stands in the list meanwhile. One after the other: a picture is large in memory.
      this.#turn = this.#turn.then(() => this.#begin(id, file));
    }
    this.#adding -= 1;
  }

  async #begin(id: string, file: File): Promise<void> {
    const fit = await smaller(file);
    if (!this.#standing.list.some((one) => one.id === id)) return; // removed meanwhile
    if (fit.size > LARGEST) {
      this.remove(id);
      this.#become({ refused: { name: file.name, why: "size" } });
      return;
    }
    this.#running.set(id, upload(this.#roomId, id, fit));
    void this.again(id);
  }

  /** What has not arrived is tried under its first id: the server keeps it once. */
  async again(id: string): Promise<void> {
    this.#change(id, { error: null, part: 0 });
    try {
      const done = await this.#running.get(id)?.send((part) => this.#change(id, { part }));
      if (done) this.#change(id, { done, part: 1 });
    } catch (error) {
      this.#change(id, { error: error instanceof ApiError ? error.message : "" });
    }
  }

  /** Each that has not arrived and that `wanted` says. */
  tryAgain(wanted: (one: Uploading) => boolean = () => true): void {
    for (const one of this.#standing.list) if (one.done === null && wanted(one)) void this.again(one.id);
  }

  remove(id: string): void {
    this.#running.get(id)?.cancel();
    this.#running.delete(id);
    this.#become({ list: this.#standing.list.filter((one) => one.id !== id) });
  }

  /** After they were sent. */
  clear(): void {
    this.#running.clear();
    this.#become(NOTHING);
  }

  #change(id: string, to: Partial<Uploading>): void {
    this.#become({ list: this.#standing.list.map((one) => (one.id === id ? { ...one, ...to } : one)) });
  }

  #become(to: Partial<Standing>): void {
    this.#standing = { ...this.#standing, ...to };
    keepArrived(this.#key, this.#standing.list);
    for (const listener of this.#listeners) listener();
  }
}

const ARRIVED = "carevia.attached.";

/** Of this tab: what it sends must not stand ready on another one. The server keeps it for days. */
function arrivedBefore(key: string): Uploading[] {
  try {
    const kept: Attachment[] = JSON.parse(sessionStorage.getItem(ARRIVED + key) ?? "[]");
    return kept.map((done) => ({ id: done.id, name: done.name, part: 1, done, error: null }));
  } catch {
    return []; // a browser that keeps nothing
  }
}

function keepArrived(key: string, list: readonly Uploading[]): void {
  const arrived = list.flatMap(({ done }) => done ?? []);
  try {
    if (arrived.length === 0) sessionStorage.removeItem(ARRIVED + key);
    else sessionStorage.setItem(ARRIVED + key, JSON.stringify(arrived));
  } catch {
    // They live as long as the page.
  }
}

async function whyNot(file: File): Promise<Refusal | null> {
  const type = await typeOf(file).catch(() => null); // a folder cannot be read
  if (file.size > LARGEST && !canBeSmaller(type)) return "size";
  return type === null ? "type" : null;
}
