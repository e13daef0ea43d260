import { useCallback } from "react";
import { useTimer } from "@/lib/use-timer";

const GATHER = 300;

/** Many arrivals at once make one request. */
export function useGathered(run: () => void): () => void {
  const timer = useTimer();
  return useCallback(() => timer.start(run, GATHER), [run, timer]);
}
