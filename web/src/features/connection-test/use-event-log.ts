// Writes what happens to a connection into the log, and the contract's lines to the browser's console.
import { useState } from "react";
import type { Connection } from "@/lib/socket/connection";
import { useConnectionEvents } from "@/lib/socket/use-connection";
import { addLine, eventText, type Line } from "./log";
import { contract } from "./messages";

/** Comes every second and says only that nothing happened. */
const PULSE = "live";

export function useEventLog(connection: Connection | null): { lines: readonly Line[]; clear: () => void } {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const add = (tone: Line["tone"], text: string) => {
    const at = Date.now();
    setLines((before) => addLine(before, tone, text, at));
  };
  useConnectionEvents(connection, (event) => {
    if (event.type === "connected") {
      console.log(contract.consoleConnected, event.id);
      add("good", contract.connectedLine(event.id));
    } else if (event.type === "disconnected") {
      console.log(contract.consoleDisconnected, event.reason);
      add("bad", contract.disconnectedLine);
    } else if (event.type === "failed") {
      console.error(contract.consoleError, event.message);
      add(event.refused ? "warn" : "bad", contract.errorLine(event.message));
    } else if (event.name !== PULSE) {
      add("good", eventText(event.name, event.args));
    }
  });
  return { lines, clear: () => setLines([]) };
}
