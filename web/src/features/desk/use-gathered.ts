import { useCallback, useEffect, useRef } from "react";

const GATHER = 300;

/** Many arrivals at once make one request. */
export function useGathered(run: () => void): () => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(run, GATHER);
  }, [run]);
}
