// One Socket.IO connection of one page: opened when the page is shown, closed when it is left.
//
// socket.io-client comes back by itself after everything temporary. It gives up for good after a CONNECT_ERROR (the
// server refused: status "refused") and after the server's DISCONNECT (status "ended"): the first is answered here by
// renewing the credentials, the second only by a person, because two tabs over a limit would push each other out.
// Every listener set here is taken off by close(), one by one.
import { io, type Socket } from "socket.io-client";
import { Frames, type Gatherer } from "./frames";
import { partOffset } from "./offset";
import { reasonOf } from "./reason";

export type Status = "connecting" | "connected" | "disconnected" | "refused" | "ended";
export type Transport = "polling" | "websocket";

export interface Snapshot {
  status: Status;
  id: string | null;
  transport: Transport | null;
  /** What the server or the browser said last, when not connected. */
  message: string | null;
  /** When the status began, ms since 1970. */
  since: number;
  /** When the next attempt begins by itself, ms since 1970; null where none is planned. */
  retryAt: number | null;
}

export type ConnectionEvent =
  | { type: "connected"; id: string; recovered: boolean }
  | { type: "disconnected"; reason: string }
  | { type: "failed"; message: string; refused: boolean }
  | { type: "received"; name: string; args: unknown[]; seq: number | null };

export type Listener = (event: ConnectionEvent) => void;

interface ConnectionOptions {
  url: string;
  /** A token for a socket on another origin; null where the cookie speaks, or nobody is signed in. May throw: then the
   * attempt is repeated. */
  token?: () => Promise<string | null>;
  /** Called after a refusal: renews credentials and says whether trying again makes sense. */
  renew?: () => Promise<boolean>;
}

export type Ack = { ok: true; [field: string]: unknown } | { ok: false; error: string; code?: string };

export class NotAnswered extends Error {}

/** Between two attempts, ms: twice as long each time, and each page at another moment, so that they do not all come at
 * once. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 3_000;
const SPREAD = 0.5;
/** How long an attempt may take, ms: twice as long the second time. A handshake has to cross the line several times, and
 * over one that is slow none would ever be through. */
const FIRST_PATIENCE = 10_000;
const LONGEST_PATIENCE = 20_000;
/** How long a living server may take to answer, ms, beside twice what it took to let us in: lines differ. */
const PROOF = 1_000;
const RENEW_DELAYS = [1_000, 2_000, 5_000, 15_000, 30_000];

export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #listeners = new Set<Listener>();
  readonly #frames = new Frames();
  readonly #watchers = new Set<() => void>();
  #snapshot: Snapshot = {
    status: "connecting",
    id: null,
    transport: null,
    message: null,
    since: Date.now(),
    retryAt: null,
  };
  #engine: Socket["io"]["engine"] | null = null;
  #changingOver = false;
  #renewals = 0;
  #attempts = 0;
  /** When the server was asked to let us in, and how long that took, ms: once across the line and back. */
  #knocked = 0;
  #letInAfter = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#socket = io(options.url, {
      forceNew: true,
      autoConnect: false,
      auth: (answer) => this.#authorize(answer),
      randomizationFactor: 0, // #planAttempt() spreads them
      reconnectionDelay: FIRST_PAUSE,
      reconnectionDelayMax: LONGEST_PAUSE,
      timeout: FIRST_PATIENCE,
    });
    this.#socket.on("connect", this.#connected);
    this.#socket.on("disconnect", this.#disconnected);
    this.#socket.on("connect_error", this.#failed);
    this.#socket.onAny(this.#received);
    this.#socket.io.on("open", this.#opened);
    document.addEventListener("visibilitychange", this.#shown);
  }

  /** Begins. Not before everybody who wants its first event has subscribed. */
  open(): void {
    if (!this.#closed) this.#socket.connect();
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Events from now on, until the returned function is called. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The same, gathered for the next frame: for what is drawn. */
  subscribeFramed(listener: Listener): () => void {
    return this.#frames.subscribe(listener);
  }

  /** The same, all of a frame's events at once; after those who are told of each. */
  subscribeGathered(gatherer: Gatherer): () => void {
    return this.#frames.gather(gatherer);
  }

  /** Changes of `snapshot`, in the shape React's useSyncExternalStore wants. */
  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Says something once, if connected; nothing is kept for later. */
  tell(name: string, ...args: unknown[]): void {
    if (this.#socket.connected) this.#socket.emit(name, ...args);
  }

  /** The same, but kept until it is connected: told before whoever hears of that says anything. */
  tellOnceConnected(name: string, ...args: unknown[]): void {
    if (!this.#closed) this.#socket.emit(name, ...args);
  }

  /** Says something and waits for the acknowledgement. Throws NotAnswered; then it is unknown whether it arrived. */
  async ask(name: string, payload: unknown, timeout = 10_000): Promise<Ack> {
    if (!this.#socket.connected) throw new NotAnswered("Not connected");
    try {
      return (await this.#socket.timeout(timeout).emitWithAck(name, payload)) as Ack;
    } catch (error) {
      throw new NotAnswered(error instanceof Error ? error.message : "No answer");
    }
  }

  /** Tries at once, whatever the state: after "ended", after a refusal, or instead of waiting for the next attempt. */
  retry(): void {
    if (this.#closed || this.#socket.connected) return;
    clearTimeout(this.#timer);
    this.#socket.disconnect();
    this.#set({ status: "connecting", retryAt: null });
    this.#socket.connect();
  }

  /** Leaves a connection that looks open and is silent, and comes back at once, recovering what was missed. It waits
   * for nothing that was to be sent on the old one: on a dead wire that would never be over. */
  restart(): void {
    if (this.#closed || !this.#socket.connected) return;
    this.#anew();
  }

  /** Breaks the transport as a lost network does: whoever tests the connection sees it come back by itself. */
  cut(): void {
    this.#socket.io.engine?.close();
  }

  #anew(): void {
    this.#distrustWire();
    this.#socket.disconnect();
    this.#socket.connect();
  }

  /** Where a WebSocket has worked, it is tried first: it is always a connection of its own, while polling would take one
   * that the browser has kept and that may be as dead. */
  #distrustWire(): void {
    this.#socket.io.opts.rememberUpgrade = true;
  }

  /** After time may have been missed: asks whether the other end is there, and comes back anew if nothing is heard. */
  async prove(): Promise<void> {
    if (this.#closed || this.#snapshot.status === "refused" || this.#snapshot.status === "ended") return;
    if (!this.#socket.connected) {
      if (this.#snapshot.status === "disconnected") this.#anew();
      return;
    }
    const asked = this.#snapshot.id;
    const state = document.visibilityState === "visible" ? "here" : "away";
    try {
      await this.ask("presence", { state }, PROOF + 2 * this.#letInAfter);
    } catch {
      if (this.#snapshot.id === asked) this.restart();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#shown);
    this.#socket.off("connect", this.#connected);
    this.#socket.off("disconnect", this.#disconnected);
    this.#socket.off("connect_error", this.#failed);
    this.#socket.offAny(this.#received);
    this.#socket.io.off("open", this.#opened);
    this.#letEngineGo();
    this.#listeners.clear();
    this.#frames.close();
    this.#watchers.clear();
    this.#leave();
  }

  #leave(): void {
    const socket = this.#socket;
    const engine = socket.io.engine;
    if (engine?.readyState !== "opening") {
      socket.disconnect();
      return;
    }
    // A handshake in flight cannot be called back: its session would live on the server until a time-out. Let it end,
    // then close.
    socket.io.reconnection(false);
    engine.once("open", () => socket.disconnect());
  }

  #set(change: Partial<Snapshot>): void {
    const since = change.status && change.status !== this.#snapshot.status ? Date.now() : this.#snapshot.since;
    this.#snapshot = { ...this.#snapshot, since, ...change };
    for (const watcher of this.#watchers) watcher();
  }

  #report(event: ConnectionEvent): void {
    for (const listener of this.#listeners) listener(event);
    this.#frames.take(event);
  }

  async #authorize(answer: (data: Record<string, unknown>) => void): Promise<void> {
    try {
      const token = (await this.#options.token?.()) ?? null;
      const away = document.visibilityState !== "visible";
      this.#knocked = performance.now();
      if (!this.#closed) answer({ ...(token && { token }), ...(away && { away }) });
    } catch {
      this.#socket.io.engine?.close();
    }
  }

  readonly #opened = (): void => {
    this.#letEngineGo();
    this.#engine = this.#socket.io.engine;
    this.#engine.on("upgrading", this.#upgrading);
    this.#engine.on("upgrade", this.#upgraded);
    this.#engine.on("upgradeError", this.#upgradeFailed);
    this.#set({ transport: this.#engine.transport.name as Transport });
  };

  readonly #upgrading = (): void => {
    this.#changingOver = true;
  };

  /** Once the WebSocket has answered, engine.io-client stops polling, and where the WebSocket breaks before it is taken
   * into use it never polls again: nothing would be heard or said until the heartbeat is missed. */
  readonly #upgradeFailed = (): void => {
    const deaf = this.#changingOver && this.#engine?.readyState === "open";
    this.#changingOver = false;
    if (deaf && !this.#closed) this.#anew();
  };

  readonly #upgraded = (): void => {
    this.#changingOver = false;
    if (this.#engine) this.#set({ transport: this.#engine.transport.name as Transport });
  };

  readonly #connected = (): void => {
    this.#renewals = 0;
    this.#attempts = 0;
    this.#letInAfter = performance.now() - this.#knocked;
    this.#socket.io.opts.rememberUpgrade = false;
    const id = this.#socket.id ?? "";
    this.#set({ status: "connected", id, message: null, retryAt: null });
    this.#report({ type: "connected", id, recovered: this.#socket.recovered });
  };

  readonly #disconnected = (reason: string): void => {
    this.#letEngineGo();
    if (reason === "ping timeout") this.#distrustWire();
    const ended = reason === "io server disconnect";
    const retryAt = this.#socket.active ? this.#planAttempt() : null;
    this.#set({ status: ended ? "ended" : "disconnected", id: null, transport: null, message: reason, retryAt });
    this.#report({ type: "disconnected", reason });
  };

  readonly #failed = (error: Error): void => {
    // Active means that socket.io-client goes on trying: the server was not reached. Otherwise it answered, and refused.
    const refused = !this.#socket.active;
    const message = refused ? error.message : reasonOf(error);
    const retryAt = refused ? null : this.#planAttempt();
    this.#set({ status: refused ? "refused" : "disconnected", id: null, transport: null, message, retryAt });
    this.#report({ type: "failed", message, refused });
    if (refused) this.#renewLater();
  };

  /** Decides when socket.io-client tries next, right before it would itself: it tells nobody what it has decided. */
  #planAttempt(): number {
    const usual = Math.min(FIRST_PAUSE * 2 ** this.#attempts, LONGEST_PAUSE);
    const pause = Math.round(usual * (1 + SPREAD * (2 * Math.random() - 1)));
    this.#socket.io.timeout(this.#attempts === 0 ? FIRST_PATIENCE : LONGEST_PATIENCE);
    this.#attempts += 1;
    this.#socket.io.reconnectionDelay(pause);
    this.#socket.io.reconnectionDelayMax(pause);
    return Date.now() + pause;
  }

  readonly #received = (name: string, ...args: unknown[]): void => {
    this.#report({ type: "received", name, ...partOffset(args) });
  };

  readonly #shown = (): void => {
    // Whoever comes back to a refused tab may have signed in elsewhere meanwhile.
    if (document.visibilityState === "visible" && this.#snapshot.status === "refused") void this.#renew();
  };

  #renewLater(): void {
    const delay = RENEW_DELAYS[Math.min(this.#renewals, RENEW_DELAYS.length - 1)];
    this.#renewals += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#renew(), delay);
  }

  async #renew(): Promise<void> {
    let worthTrying = false;
    try {
      worthTrying = (await this.#options.renew?.()) ?? false;
    } catch {
      if (!this.#closed) this.#renewLater();
      return;
    }
    if (!worthTrying || this.#closed || this.#snapshot.status !== "refused") return;
    // Said at once: whoever came back to the tab meanwhile renews too, and who connects twice is put out by the server.
    this.#set({ status: "connecting" });
    this.#socket.connect();
  }

  #letEngineGo(): void {
    this.#engine?.off("upgrading", this.#upgrading);
    this.#engine?.off("upgrade", this.#upgraded);
    this.#engine?.off("upgradeError", this.#upgradeFailed);
    this.#changingOver = false;
    this.#engine = null;
  }
}
