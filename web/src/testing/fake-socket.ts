// A socket.io-client without a network: the test plays the server. Every listener is counted, so that a test can see
// whether all of them were taken off.

import { vi } from "vitest";

type Handler = (...args: never[]) => void;

class Emitter {
  readonly handlers = new Map<string, Set<Handler>>();
  on(name: string, handler: Handler): this {
    const set = this.handlers.get(name) ?? new Set();
    this.handlers.set(name, set.add(handler));
    return this;
  }
  once(name: string, handler: Handler): this {
    const once = ((...args: never[]) => {
      this.off(name, once);
      handler(...args);
    }) as Handler;
    return this.on(name, once);
  }
  off(name: string, handler: Handler): this {
    this.handlers.get(name)?.delete(handler);
    return this;
  }
  fire(name: string, ...args: unknown[]): void {
    for (const handler of [...(this.handlers.get(name) ?? [])]) (handler as (...all: unknown[]) => void)(...args);
  }
  get listening(): number {
    return [...this.handlers.values()].reduce((sum, set) => sum + set.size, 0);
  }
}

class FakeEngine extends Emitter {
  readyState = "opening";
  transport = { name: "polling" };
  closed = 0;
  close(): void {
    this.closed += 1;
    this.readyState = "closed";
  }
}

class FakeManager extends Emitter {
  engine = new FakeEngine();
  readonly opts: { rememberUpgrade?: boolean } = {};
  reconnects = true;
  readonly pauses = { shortest: 0, longest: 0 };
  patience = 0;
  reconnection(value: boolean): void {
    this.reconnects = value;
  }
  reconnectionDelay(value: number): void {
    this.pauses.shortest = value;
  }
  timeout(value: number): void {
    this.patience = value;
  }
  reconnectionDelayMax(value: number): void {
    this.pauses.longest = value;
  }
}

interface Asked {
  name: string;
  payload: unknown;
  within: number;
  answer: (ack: unknown) => void;
  fail: (error: Error) => void;
}

interface FakeOptions {
  auth: (answer: (data: Record<string, unknown>) => void) => void;
  [option: string]: unknown;
}

class FakeSocket extends Emitter {
  readonly io = new FakeManager();
  connected = false;
  active = false;
  recovered = false;
  id: string | undefined;
  connects = 0;
  disconnects = 0;
  presented: Record<string, unknown> | null = null;
  readonly said: { name: string; args: unknown[] }[] = [];
  readonly asked: Asked[] = [];
  readonly anyHandlers = new Set<(name: string, ...args: unknown[]) => void>();

  constructor(
    readonly url: string,
    readonly options: FakeOptions,
  ) {
    super();
  }

  // What the page calls.
  connect(): this {
    this.connects += 1;
    this.active = true;
    return this;
  }
  disconnect(): this {
    this.disconnects += 1;
    this.active = false;
    this.connected = false;
    return this;
  }
  onAny(handler: (name: string, ...args: unknown[]) => void): void {
    this.anyHandlers.add(handler);
  }
  offAny(handler: (name: string, ...args: unknown[]) => void): void {
    this.anyHandlers.delete(handler);
  }
  emit(name: string, ...args: unknown[]): void {
    this.said.push({ name, args });
  }
  timeout(within: number): { emitWithAck: (name: string, payload: unknown) => Promise<unknown> } {
    return {
      emitWithAck: (name, payload) =>
        new Promise((answer, fail) => {
          this.asked.push({ name, payload, within, answer, fail });
        }),
    };
  }

  // What the server does.
  reach(): void {
    this.io.engine.readyState = "open";
    this.io.fire("open");
    this.io.engine.fire("open");
  }
  /** `after` so many ms. */
  async accept(id: string, recovered = false, after = 0): Promise<void> {
    this.reach();
    await new Promise<void>((done) => {
      this.options.auth((data) => {
        this.presented = data;
        done();
      });
    });
    if (after) vi.advanceTimersByTime(after);
    this.id = id;
    this.connected = true;
    this.recovered = recovered;
    this.fire("connect");
  }
  upgrade(): void {
    this.io.engine.transport = { name: "websocket" };
    this.io.engine.fire("upgrade");
  }
  refuse(message: string): void {
    this.active = false;
    this.fire("connect_error", new Error(message));
  }
  fail(error: Error): void {
    this.fire("connect_error", error);
  }
  lose(reason = "transport close"): void {
    this.connected = false;
    this.id = undefined;
    this.active = reason !== "io server disconnect";
    this.fire("disconnect", reason);
  }
  deliver(name: string, ...args: unknown[]): void {
    for (const handler of [...this.anyHandlers]) handler(name, ...args);
  }

  get everythingListening(): number {
    return this.listening + this.anyHandlers.size + this.io.listening + this.io.engine.listening;
  }
}

export const opened: FakeSocket[] = [];

export function io(url: string, options: FakeOptions): FakeSocket {
  const socket = new FakeSocket(url, options);
  opened.push(socket);
  return socket;
}

/** The newest socket that a page opened. */
export function newest(): FakeSocket {
  const socket = opened.at(-1);
  if (!socket) throw new Error("no socket was opened");
  return socket;
}

/** Sockets that were opened and not closed. */
export function alive(): FakeSocket[] {
  return opened.filter((socket) => socket.connects > 0 && socket.disconnects === 0);
}
