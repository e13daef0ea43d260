// Events as the screen can take them: what comes between two frames is told together, right before the next one, and drawn
// in it. So a single booking does not wait for anything, and of a burst the screen shows some ten states a second: more
// nobody can read, and each of them draws whole lists anew.
import { flushSync } from "react-dom";
import type { ConnectionEvent, Listener } from "./connection";

/** Between two tellings, ms; and after one of many events. */
export const REST = 50;
const LONG_REST = 100;
const MANY = 5;
/** Browsers draw no frames of a tab in the background, ms. */
const LONGEST = 250;

/** Hears all of a frame's events at once, in their order: for what is the cheaper the fewer steps it takes. */
export type Gatherer = (events: readonly ConnectionEvent[]) => void;

export class Frames {
  readonly #listeners = new Set<Listener>();
  readonly #gatherers = new Set<Gatherer>();
  #waiting: ConnectionEvent[] = [];
  #rests = Number.NEGATIVE_INFINITY; // until then
  #stop: (() => void) | null = null;

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  gather(gatherer: Gatherer): () => void {
    this.#gatherers.add(gatherer);
    return () => this.#gatherers.delete(gatherer);
  }

  /** Takes an event of the connection. What is no message (connected, cut off) is told at once, after what came before. */
  readonly take: Listener = (event) => {
    this.#waiting.push(event);
    if (event.type !== "received") this.#tell();
    else this.#stop ??= this.#soon();
  };

  close(): void {
    this.#stop?.();
    this.#stop = null;
    this.#waiting = [];
    this.#listeners.clear();
    this.#gatherers.clear();
  }

  #soon(): () => void {
    const run = () => flushSync(() => this.#tell());
    let frame = 0;
    const ask = () => {
      frame = requestAnimationFrame(run);
    };
    const rest = this.#rests - performance.now();
    const asked = rest > 0 ? setTimeout(ask, rest) : ask();
    const late = setTimeout(run, LONGEST);
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(asked ?? undefined);
      clearTimeout(late);
    };
  }

  #tell(): void {
    this.#stop?.();
    this.#stop = null;
    const events = this.#waiting;
    this.#rests = performance.now() + (events.length > MANY ? LONG_REST : REST);
    this.#waiting = [];
    for (const event of events) for (const listener of this.#listeners) listener(event);
    for (const gatherer of this.#gatherers) gatherer(events);
  }
}
