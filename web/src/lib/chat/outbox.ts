// What was written here and is not yet acknowledged, the same on every tab of the person in this browser. One tab at a
// time sends, one message after the other in the order in which they were written, each under the id it was written
// with, which the server takes once: so nothing is lost, doubled or overtaken, whatever is cut, killed or reloaded.
import { alone } from "@/lib/locks";
import { type Ack, type Connection, NotAnswered } from "@/lib/socket/connection";
import { uniqueId } from "@/lib/unique-id";
import { type Extra, type OutboxStore, openStore, type Sent, type Told, type Waiting } from "./outbox-store";

/** What waits outlives the page; what is just being put into the browser's store for that would be lost with it. */
export type Shown = Waiting & { state: "sending" | "storing" | "waiting" | "refused" };

export type OutboxEvent =
  | { type: "sent"; sent: Sent }
  /** It was taken back after it had gone out once: whether the server has it, the conversation says. */
  | { type: "withdrawn"; roomId: string };

/** Answers that pass: the same message may be taken a moment later. */
const PASSING = new Set(["rate_limited", "unavailable", "internal"]);
/** Its writer is not signed in: it waits until they are. */
const NOT_NOW = new Set(["not_yours", "unauthorized"]);
const ATTEMPTS = 3;
const PAUSES = [500, 1_000, 2_000, 5_000];
const PATIENCE = 15_000;
/** Until then nobody wants to hear of waiting, ms. */
const AT_ONCE = 2_000;

/** Half a character, as a cut text may hold: the server ends the connection of whoever sends one, again and again. */
const HALF = /\p{Surrogate}/gu;

export class Outbox {
  readonly #owner: string;
  readonly #connection: Connection;
  readonly #store: OutboxStore;
  readonly #leave: () => void;
  readonly #watchers = new Set<() => void>();
  readonly #listeners = new Set<(event: OutboxEvent) => void>();
  readonly #written = new Set<string>();
  readonly #sent = new Set<string>();
  #stored: readonly Waiting[] = [];
  #unstored: readonly Waiting[] = [];
  #entries: readonly Shown[] = [];
  #sending: string | null = null;
  #keeping: Promise<unknown> = Promise.resolve();
  #draining = false;
  #again = false;
  #looks = 0;
  #looked = 0;
  #closed = false;

  constructor(owner: string, connection: Connection, store?: OutboxStore) {
    this.#owner = owner;
    this.#connection = connection;
    this.#store = store ?? openStore(owner, (told) => this.#heard(told));
    this.#leave = connection.subscribe((event) => {
      if (event.type === "connected") this.#drain();
      if (event.type === "disconnected") this.#show();
    });
    void this.#refresh().then(() => this.#drain());
  }

  get entries(): readonly Shown[] {
    return this.#entries;
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Whether a message of theirs was written in this browser; all others came from another device. */
  wrote(id: string): boolean {
    return this.#written.has(id);
  }

  /** Every message that the server has taken from now on, whichever tab sent it. */
  subscribe(listener: (event: OutboxEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  send(roomId: string, written: string, more: Extra = {}): void {
    const time = Date.now();
    const text = written.replace(HALF, "\ufffd");
    const id = `${time}-${uniqueId()}`;
    const entry: Waiting = { id, owner: this.#owner, roomId, text, more, time, tried: false, refused: null };
    this.#unstored = [...this.#unstored, entry];
    this.#show();
    setTimeout(() => this.#show(), AT_ONCE);
    this.#keeping = Promise.all([this.#keeping, this.#keep(entry)]);
  }

  /** Once more, by a person, what was refused. */
  again(id: string): void {
    void this.#change(id, { refused: null }).then(() => this.#drain());
  }

  /** Take it back. What is just going out cannot be. */
  drop(id: string): void {
    if (this.#sending === id) return;
    void this.#withdraw(id);
  }

  /** The conversation has it: the server has taken it, and its answer was lost. */
  forget(id: string): void {
    if (this.#sent.has(id)) return;
    this.#leaveOut(id);
    void this.#store.remove(id).then(() => this.#changed());
  }

  close(): void {
    this.#closed = true;
    this.#leave();
    void this.#keeping.then(() => this.#store.close()); // what was just written is kept still, and the other tabs told
    this.#watchers.clear();
    this.#listeners.clear();
  }

  async #keep(entry: Waiting): Promise<void> {
    await this.#store.add(entry);
    await this.#changed();
    this.#unstored = this.#unstored.filter((one) => one !== entry); // not before it was seen in the store
    this.#show();
    this.#drain();
  }

  async #withdraw(id: string): Promise<void> {
    const entry = await this.#store.remove(id); // another tab may have sent it, and not have told of it yet
    if (!entry) return;
    await this.#changed();
    if (entry.tried) this.#report({ type: "withdrawn", roomId: entry.roomId });
  }

  #heard(told: Told): void {
    if (told.type === "sent") this.#gone(told.sent);
    void this.#refresh().then(() => this.#drain());
  }

  /** One at a time in this tab too; asked for meanwhile, it looks once more. */
  #drain(): void {
    this.#again = true;
    if (!this.#draining) void this.#whileAsked();
  }

  async #whileAsked(): Promise<void> {
    this.#draining = true;
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        if (!this.#connected || this.#next() === undefined) continue;
        await alone(`carevia-outbox/${this.#owner}`, PATIENCE, () => this.#sendAll());
      }
    } finally {
      this.#draining = false; // in the turn of its last look: who asks after that begins anew
    }
  }

  /** What was written first and is not refused; what waits in the store as it is now, another tab may have sent it. */
  #next(): Waiting | undefined {
    return this.#stored.find((entry) => entry.refused === null);
  }

  async #sendAll(): Promise<void> {
    await this.#refresh();
    for (let entry = this.#next(); entry && this.#connected; entry = this.#next()) {
      if (!(await this.#deliver(entry))) return;
    }
  }

  /** Whether it is decided: taken, refused, or taken back meanwhile. */
  async #deliver(entry: Waiting): Promise<boolean> {
    for (let attempt = 0; this.#connected; attempt++) {
      const ack = await this.#ask(entry);
      if (ack === undefined) return true;
      if (ack?.ok) return await this.#taken(entry, ack);
      if (ack && NOT_NOW.has(ack.code ?? "")) return false;
      const silent = ack === null && attempt + 1 >= ATTEMPTS && this.#connected;
      if (silent || (ack !== null && !PASSING.has(ack.code ?? "")))
        return await this.#change(entry.id, { refused: ack?.error ?? "" });
      if (ack) await pause(PAUSES[Math.min(attempt, PAUSES.length - 1)] ?? 0);
    }
    return false;
  }

  /** Null where no answer came, undefined where it was taken back before it went out. */
  async #ask(entry: Waiting): Promise<Ack | null | undefined> {
    this.#sending = entry.id;
    try {
      if (!(await this.#change(entry.id, { tried: true }))) return undefined;
      return await this.#connection.ask("send_message", payload(entry));
    } catch (error) {
      if (error instanceof NotAnswered) return null;
      throw error;
    } finally {
      this.#sending = null;
      this.#show();
    }
  }

  async #taken({ id, roomId, text, more }: Waiting, ack: Ack & { ok: true }): Promise<boolean> {
    const sent: Sent = { ...more, id, roomId, text, seq: Number(ack.seq), time: String(ack.time) };
    await this.#store.remove(id);
    this.#gone(sent);
    this.#store.tell({ type: "sent", sent });
    return true;
  }

  /** In one turn, so that it stands in the list or in the conversation in every frame, and never in both. */
  #gone(sent: Sent): void {
    this.#leaveOut(sent.id);
    this.#report({ type: "sent", sent });
  }

  #leaveOut(id: string): void {
    this.#sent.add(id); // what is being read may still hold it
    this.#stored = this.#stored.filter((entry) => entry.id !== id);
    this.#unstored = this.#unstored.filter((entry) => entry.id !== id);
    this.#show();
  }

  async #change(id: string, change: Partial<Waiting>): Promise<boolean> {
    const found = await this.#store.change(id, change);
    await this.#changed();
    return found;
  }

  async #changed(): Promise<void> {
    await this.#refresh();
    this.#store.tell({ type: "changed" });
  }

  /** Once it is over, what was in the store when it began is known, by this look or by a later one. */
  async #refresh(): Promise<void> {
    this.#looks += 1;
    const mine = this.#looks;
    const stored = await this.#store.all();
    if (mine < this.#looked) return; // a later look knew better
    this.#looked = mine;
    this.#stored = stored.filter((entry) => !this.#sent.has(entry.id));
    this.#show();
  }

  get #connected(): boolean {
    return !this.#closed && this.#connection.snapshot.status === "connected";
  }

  #show(): void {
    const known = new Set(this.#stored.map((entry) => entry.id));
    const all = [...this.#stored, ...this.#unstored.filter((entry) => !known.has(entry.id))];
    for (const { id } of all) this.#written.add(id);
    this.#entries = all.map((entry) => ({ ...entry, state: this.#stateOf(entry, known.has(entry.id)) }));
    for (const watcher of this.#watchers) watcher();
  }

  #stateOf({ id, refused, time }: Waiting, stored: boolean): Shown["state"] {
    if (refused !== null) return "refused";
    const age = Date.now() - time;
    const justWritten = age >= 0 && age < AT_ONCE; // below: the clock was set back since
    if (this.#sending === id || (this.#connected && justWritten)) return "sending";
    return stored ? "waiting" : "storing";
  }

  #report(event: OutboxEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** What is attached is sent by its id; the rest of it is for the page. */
function payload({ id, owner, roomId, text, more: { attachments, ...rest } }: Waiting) {
  const ids = attachments?.length ? { attachments: attachments.map((one) => one.id) } : {};
  return { ...rest, ...ids, id, roomId, text, as: owner };
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
