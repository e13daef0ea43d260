// Where waiting messages are kept: IndexedDB, so that they outlive a reload and every tab of the browser sees the same.
// Changes are told to the other tabs by BroadcastChannel. Where a browser keeps nothing (a private window, an old one)
// they stand in memory, and live as long as the page.
import type { Attachment } from "./conversation";

/** What a message is beside its text: whatever IndexedDB can keep. `note`: private, for staff only. */
export interface Extra {
  attachments?: readonly Attachment[];
  note?: true;
}

export interface Waiting {
  id: string;
  /** Whose message it is: whoever signs in next must not send it. */
  owner: string;
  roomId: string;
  text: string;
  more: Extra;
  /** ms since 1970, this device's clock. */
  time: number;
  /** Whether it went out once, so that the server may have it although no answer came. */
  tried: boolean;
  /** Why the server does not take it; then it waits for a person. */
  refused: string | null;
}

export interface Sent extends Extra {
  id: string;
  roomId: string;
  text: string;
  seq: number;
  time: string;
}

/** What tabs tell each other: something in the store is another, or a message was taken. */
export type Told = { type: "changed" } | { type: "sent"; sent: Sent };

export interface OutboxStore {
  /** In the order in which they were written. */
  all(): Promise<Waiting[]>;
  add(entry: Waiting): Promise<void>;
  /** Whether it was still there. */
  change(id: string, change: Partial<Waiting>): Promise<boolean>;
  /** As it was then; undefined where it was no longer there. */
  remove(id: string): Promise<Waiting | undefined>;
  tell(told: Told): void;
  close(): void;
}

/** `heard` is called for what other tabs tell. */
export function openStore(owner: string, heard: (told: Told) => void): OutboxStore {
  if (typeof indexedDB === "undefined" || typeof BroadcastChannel === "undefined") return new MemoryStore();
  return new DatabaseStore(owner, heard);
}

const DATABASE = "carevia-outbox";
const TABLE = "waiting";

interface Row {
  number: number;
  entry: Waiting;
}

class DatabaseStore implements OutboxStore {
  readonly #owner: string;
  readonly #channel: BroadcastChannel;
  readonly #memory = new MemoryStore();
  #opening: Promise<IDBDatabase | null>;
  #closed = false;

  constructor(owner: string, heard: (told: Told) => void) {
    this.#owner = owner;
    this.#opening = open();
    this.#channel = new BroadcastChannel(`${DATABASE}/${owner}`);
    this.#channel.onmessage = (event: MessageEvent<Told>) => heard(event.data);
  }

  async all(): Promise<Waiting[]> {
    const rows = await this.#work("readonly", (table) => ours(table, this.#owner));
    const kept = (rows ?? []).map((row) => row.entry);
    const others = await this.#memory.all();
    // A browser that is full may have had no room for a long message, and has some for the next.
    return others.length === 0 ? kept : [...kept, ...others].sort((one, other) => one.time - other.time);
  }

  async add(entry: Waiting): Promise<void> {
    const added = await this.#work("readwrite", async (table) => table.add({ owner: entry.owner, entry }));
    if (added === null) await this.#memory.add(entry);
  }

  async change(id: string, change: Partial<Waiting>): Promise<boolean> {
    const found = await this.#find(id, (table, row) =>
      table.put({ owner: this.#owner, ...row, entry: { ...row.entry, ...change } }),
    );
    return found !== undefined || this.#memory.change(id, change);
  }

  async remove(id: string): Promise<Waiting | undefined> {
    return (await this.#find(id, (table, row) => table.delete(row.number))) ?? this.#memory.remove(id);
  }

  tell(told: Told): void {
    if (!this.#closed) this.#channel.postMessage(told);
  }

  close(): void {
    this.#closed = true;
    this.#channel.close();
    void this.#opening.then((database) => database?.close());
  }

  async #find(id: string, work: (table: IDBObjectStore, row: Row) => void): Promise<Waiting | undefined> {
    const found = await this.#work("readwrite", async (table) => {
      const row = (await ours(table, this.#owner)).find(({ entry }) => entry.id === id);
      if (row) work(table, row);
      return row?.entry;
    });
    return found ?? undefined;
  }

  /** Null where the browser does not keep it: no database, no room, or a page that is being left. */
  async #work<T>(mode: IDBTransactionMode, work: (table: IDBObjectStore) => Promise<T>): Promise<T | null> {
    try {
      const transaction = await this.#begin(mode);
      if (!transaction) return null;
      const over = new Promise<void>((done, fail) => {
        transaction.oncomplete = () => done();
        transaction.onabort = () => fail(transaction.error);
      });
      const [result] = await Promise.all([work(transaction.objectStore(TABLE)), over]);
      return result;
    } catch {
      return null;
    }
  }

  /** Phones close the database of a page that is in the background for long: it is opened anew. */
  async #begin(mode: IDBTransactionMode): Promise<IDBTransaction | null> {
    const opening = this.#opening;
    const database = await opening;
    if (!database || this.#closed) return null;
    try {
      return database.transaction(TABLE, mode);
    } catch {
      if (this.#opening === opening) this.#opening = open();
      return (await this.#opening)?.transaction(TABLE, mode) ?? null;
    }
  }
}

/** ms. A browser whose files are damaged or held may never answer. */
const PATIENCE = 3_000;

function open(): Promise<IDBDatabase | null> {
  const opening = new Promise<IDBDatabase | null>((done) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(TABLE, { keyPath: "number", autoIncrement: true }).createIndex("owner", "owner");
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close(); // a newer page of ours must not wait for this one
      done(request.result);
    };
    request.onerror = () => done(null);
    setTimeout(() => done(null), PATIENCE);
  });
  return opening.catch(() => null); // it throws where somebody has forbidden the browser to keep anything
}

/** The number rises in the order of the commits, across all tabs. */
function ours(table: IDBObjectStore, owner: string): Promise<Row[]> {
  const request = table.index("owner").getAll(owner);
  return new Promise((done, fail) => {
    request.onsuccess = () => done(request.result as Row[]);
    request.onerror = () => fail(request.error);
  });
}

export class MemoryStore implements OutboxStore {
  #entries: Waiting[] = [];

  async all(): Promise<Waiting[]> {
    return [...this.#entries];
  }

  async add(entry: Waiting): Promise<void> {
    this.#entries.push(entry);
  }

  async change(id: string, change: Partial<Waiting>): Promise<boolean> {
    const known = this.#entries.some((entry) => entry.id === id);
    this.#entries = this.#entries.map((entry) => (entry.id === id ? { ...entry, ...change } : entry));
    return known;
  }

  async remove(id: string): Promise<Waiting | undefined> {
    const known = this.#entries.find((entry) => entry.id === id);
    this.#entries = this.#entries.filter((entry) => entry !== known);
    return known;
  }

  tell(): void {}

  close(): void {}
}
