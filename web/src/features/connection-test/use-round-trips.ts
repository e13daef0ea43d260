import { useEffect, useState } from "react";
import type { Connection } from "@/lib/socket/connection";

const EVERY = 3_000;
export const KEPT = 20;

interface RoundTrips {
  /** How long the server took to answer, ms, oldest first. */
  took: readonly number[];
  /** When it last answered, ms since 1970. */
  answered: number | null;
}

/** Asks when it has connected and every few seconds, and measures. To a guest nothing comes by itself, so this is also
 * their sign of life. A refusal is an answer, too. */
export function useRoundTrips(connection: Connection | null): RoundTrips {
  const [trips, setTrips] = useState<RoundTrips>({ took: [], answered: null });
  useEffect(() => {
    const ask = () => {
      const asked = performance.now();
      connection?.ask("presence", { state: document.visibilityState === "visible" ? "here" : "away" }).then(
        () => {
          const took = performance.now() - asked;
          setTrips((before) => ({ took: [...before.took, took].slice(-KEPT), answered: Date.now() }));
        },
        () => {}, // silence is what the page is about
      );
    };
    if (connection?.snapshot.status === "connected") ask();
    const leave = connection?.subscribe((event) => {
      if (event.type === "connected") ask();
    });
    const timer = setInterval(ask, EVERY);
    return () => {
      leave?.();
      clearInterval(timer);
    };
  }, [connection]);
  return trips;
}
