import { useEffect, useState } from "react";

/** The time, once a second: for ages on the screen. `coarser`, where what is drawn changes less often. */
export function useNow(interval = 1_000, coarser = asItIs): number {
  const [now, setNow] = useState(() => coarser(Date.now()));
  useEffect(() => {
    const look = () => setNow(coarser(Date.now()));
    const timer = setInterval(look, interval);
    document.addEventListener("visibilitychange", look); // timers of a hidden tab are late
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [interval, coarser]);
  return now;
}

const asItIs = (now: number) => now;
