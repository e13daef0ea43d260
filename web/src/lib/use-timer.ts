import { useEffect, useState } from "react";

class Timer {
  #id: ReturnType<typeof setTimeout> | undefined;

  get running(): boolean {
    return this.#id !== undefined;
  }

  /** Runs once after so many ms; one that was running is given up. */
  start(run: () => void, ms: number): void {
    this.stop();
    this.#id = setTimeout(() => {
      this.#id = undefined;
      run();
    }, ms);
  }

  stop(): void {
    clearTimeout(this.#id);
    this.#id = undefined;
  }
}

/** A timer that ends with the component. */
export function useTimer(): Timer {
  const [timer] = useState(() => new Timer());
  useEffect(() => () => timer.stop(), [timer]);
  return timer;
}
