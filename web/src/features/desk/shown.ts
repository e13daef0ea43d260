// What this page may confirm: from which number of the journal to which one every paid booking has been on the screen.
// Pure. Nothing is said while there may be a gap: the list must have been asked for after the socket joined the desk.

export interface Shown {
  since: number;
  seq: number;
}

export interface Loaded {
  /** On the clock of `begin`. */
  requestedAt: number;
  /** The newest number in the list, 0 where it is empty. */
  newest: number;
  /** The oldest number in the list, 0 where there are no older bookings. Arrivals stand on top of it. */
  oldest: number;
}

export class ShownLog {
  #from: number | null = null;
  #loaded: Loaded | null = null;
  #received = 0;
  #since = Number.POSITIVE_INFINITY;

  /** From now on everything comes; what came before may have gaps. */
  begin(at: number): void {
    this.#from = at;
    this.#received = 0;
    this.#since = Number.POSITIVE_INFINITY;
  }

  received(seq: number): void {
    this.#received = Math.max(this.#received, seq);
  }

  loaded(list: Loaded): void {
    this.#loaded = list;
  }

  /** The list has been painted. Once painted stays painted, though a shorter list follows. */
  painted(): void {
    if (this.#gapless !== null) this.#since = Math.min(this.#since, this.#gapless.oldest);
  }

  get claim(): Shown | null {
    const list = this.#gapless;
    if (list === null || this.#since === Number.POSITIVE_INFINITY) return null;
    return { since: this.#since, seq: Math.max(list.newest, this.#received) };
  }

  get #gapless(): Loaded | null {
    return this.#from !== null && this.#loaded !== null && this.#loaded.requestedAt >= this.#from ? this.#loaded : null;
  }
}
