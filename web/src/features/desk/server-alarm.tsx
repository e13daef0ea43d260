// What is wrong with the server itself, as `live` tells the desk every second: over everything, until it is over.
import { useState } from "react";
import type { Connection } from "@/lib/socket/connection";
import { useFramedEvents } from "@/lib/socket/use-connection";
import { words } from "./messages";

export function ServerAlarm({ connection }: { connection: Connection | null }) {
  const [alarm, setAlarm] = useState<string | null>(null);
  useFramedEvents(connection, (event) => {
    if (event.type !== "received" || event.name !== "live") return;
    const said = (event.args[0] as { alarm?: unknown } | undefined)?.alarm;
    setAlarm(typeof said === "string" ? said : null);
  });
  if (alarm === null) return null;
  return (
    <div
      role="alert"
      className="fixed inset-x-4 bottom-4 z-10 mx-auto max-w-xl rounded-lg border border-bad-line bg-bad-tint px-4 py-3 text-[13px] leading-[18px] text-bad-ink shadow-3"
    >
      <strong className="block font-semibold">{words.serverAlarm}</strong>
      <span lang="en">{alarm}</span>
    </div>
  );
}
