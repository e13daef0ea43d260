// What was written here and is not yet acknowledged. It is sent again after every reconnect under the same id, which the
// server takes once, so a message neither gets lost nor doubled while this page is open.
import type { Ack, Connection } from "@/lib/socket/connection";
import { NotAnswered } from "@/lib/socket/connection";
import type { Attachment } from "./conversation";

/** What a message may be beside its text; `note`: private, for staff only. */
export interface Extra {
  attachments?: readonly Attachment[];
  note?: true;
}

export interface Waiting {
  id: string;
  roomId: string;
  text: string;
  /** ms since 1970, this device's clock. */
  time: number;
  state: "sending" | "waiting" | "refused";
  error: string | null;
  extra: Extra;
}

export interface Sent {
  id: string;
  roomId: string;
  text: string;
  seq: number;
  time: string;
  attachments?: readonly Attachment[];
  note?: true;
}

const ATTEMPTS_WHILE_CONNECTED = 3;

export class Outbox {
  readonly #connection: Connection;
  readonly #watchers = new Set<() => void>();
  readonly #leave: () => void;
  readonly #listeners = new Set<(sent: Sent) => void>();
  #entries: readonly Waiting[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#leave = connection.subscribe((event) => {
      if (event.type === "connected") this.#sendAll();
    });
  }

  get entries(): readonly Waiting[] {
    return this.#entries;
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Every message the server has taken from now on. */
  subscribe(listener: (sent: Sent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  send(roomId: string, text: string, extra: Extra = {}): void {
    const now = Date.now();
    const entry: Waiting = {
      id: `${now}-${crypto.randomUUID()}`,
      roomId,
      text,
      time: now,
      state: "sending",
      error: null,
      extra,
    };
    this.#set([...this.#entries, entry]);
    void this.#deliver(entry);
  }

  again(id: string): void {
    const entry = this.#entries.find((one) => one.id === id);
    if (entry) void this.#deliver(entry);
  }

  drop(id: string): void {
    this.#set(this.#entries.filter((one) => one.id !== id));
  }

  close(): void {
    this.#leave();
    this.#watchers.clear();
    this.#listeners.clear();
  }

  #sendAll(): void {
    for (const entry of this.#entries) if (entry.state !== "refused") void this.#deliver(entry);
  }

  async #deliver(entry: Waiting, attempt = 1): Promise<void> {
    this.#change(entry.id, { state: "sending", error: null });
    let ack: Ack;
    try {
      ack = await this.#connection.ask("send_message", payload(entry));
    } catch (error) {
      if (!(error instanceof NotAnswered)) throw error;
      this.#unanswered(entry, attempt);
      return;
    }
    if (!ack.ok) {
      this.#change(entry.id, { state: "refused", error: ack.error });
      return;
    }
    if (!this.#entries.some((one) => one.id === entry.id)) return;
    this.drop(entry.id);
    const { id, roomId, text, extra } = entry;
    const sent = { id, roomId, text, ...extra, seq: Number(ack.seq), time: String(ack.time) };
    for (const listener of this.#listeners) listener(sent);
  }

  #unanswered(entry: Waiting, attempt: number): void {
    if (!this.#entries.some((one) => one.id === entry.id)) return;
    if (this.#connection.snapshot.status !== "connected") this.#change(entry.id, { state: "waiting" });
    else if (attempt < ATTEMPTS_WHILE_CONNECTED) void this.#deliver(entry, attempt + 1);
    else this.#change(entry.id, { state: "refused", error: "The server did not answer." });
  }

  #change(id: string, change: Partial<Waiting>): void {
    this.#set(this.#entries.map((one) => (one.id === id ? { ...one, ...change } : one)));
  }

  #set(entries: readonly Waiting[]): void {
    this.#entries = entries;
    for (const watcher of this.#watchers) watcher();
  }
}

function payload({ id, roomId, text, extra }: Waiting) {
  const { attachments, note } = extra;
  return {
    id,
    roomId,
    text,
    ...(attachments?.length && { attachments: attachments.map((one) => one.id) }),
    ...(note && { note }),
  };
}
