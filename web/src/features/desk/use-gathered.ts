import { useCallback, useRef } from "react";
import { useTimer } from "@/lib/use-timer";

const GATHER = 300;
/** In a rush there is no pause: then it runs all the same. */
const LONGEST = 3_000;

/** Many arrivals at once make one request. */
export function useGathered(run: () => void): () => void {
  const timer = useTimer();
  const began = useRef(0);
  return useCallback(() => {
    const now = performance.now();
    if (!timer.running) began.current = now;
    timer.start(run, Math.max(0, Math.min(GATHER, began.current + LONGEST - now)));
  }, [run, timer]);
}
