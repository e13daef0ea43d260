import { useCallback, useRef } from "react";
import { useTimer } from "@/lib/use-timer";

const GATHER = 300;
/** In a rush there is no pause: then it runs all the same. */
const LONGEST = 3_000;

/** Many arrivals at once make one request. What comes while its answer is under way waits for that answer, but not for
 * ever: whoever asks anew throws it away, and on a slow line none would ever come. */
export function useGathered(run: () => Promise<void>): () => void {
  const timer = useTimer();
  const began = useRef(0);
  const asked = useRef<Promise<void> | null>(null);
  return useCallback(() => {
    const go = () => {
      const mine = run();
      asked.current = mine;
      void mine.then(() => {
        if (asked.current !== mine) return;
        asked.current = null;
        if (timer.running) timer.start(go, GATHER);
      });
    };
    const now = performance.now();
    if (!timer.running) began.current = now;
    const pause = asked.current ? LONGEST : GATHER;
    timer.start(go, Math.max(0, Math.min(pause, began.current + LONGEST - now)));
  }, [run, timer]);
}
