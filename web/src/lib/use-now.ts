import { useEffect, useState } from "react";

/** The time, once a second: for ages on the screen. */
export function useNow(interval = 1_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const look = () => setNow(Date.now());
    const timer = setInterval(look, interval);
    document.addEventListener("visibilitychange", look); // timers of a hidden tab are late
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [interval]);
  return now;
}
