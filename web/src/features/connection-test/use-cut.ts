// The connection, cut on purpose, and what became of it: measured, never assumed.
import { useState } from "react";
import type { Connection } from "@/lib/socket/connection";
import { useConnectionEvents } from "@/lib/socket/use-connection";

export interface Back {
  /** How long the page was away, ms. */
  away: number;
  /** Whether the server knew the session again, and sent what was missed. */
  recovered: boolean;
}

export function useCut(connection: Connection | null): { back: Back | null; cut: () => void } {
  const [cutAt, setCutAt] = useState<number | null>(null);
  const [back, setBack] = useState<Back | null>(null);
  useConnectionEvents(connection, (event) => {
    if (event.type !== "connected" || cutAt === null) return;
    setBack({ away: performance.now() - cutAt, recovered: event.recovered });
    setCutAt(null);
  });
  const cut = () => {
    setBack(null);
    setCutAt(performance.now());
    connection?.cut();
  };
  return { back, cut };
}
