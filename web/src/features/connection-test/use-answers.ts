import { useEffect, useState } from "react";
import type { Connection } from "@/lib/socket/connection";

const EVERY = 3_000;

/** When the server last answered, ms since 1970: a guest, to whom nothing comes by itself, has to ask. A refusal is an
 * answer, too. */
export function useAnswers(connection: Connection | null, guest: boolean): number | null {
  const [answered, setAnswered] = useState<number | null>(null);
  useEffect(() => {
    if (!guest) return;
    const ask = () =>
      connection?.ask("presence", { state: "here" }).then(
        () => setAnswered(Date.now()),
        () => {}, // silence is what the page is about
      );
    const timer = setInterval(() => void ask(), EVERY);
    return () => clearInterval(timer);
  }, [connection, guest]);
  return answered;
}
