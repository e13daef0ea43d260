import { Emoji } from "@/components/emoji";
import { words as shared } from "@/components/messages";
import { FRAMES, INKS } from "@/components/tones";
import { saidWithin } from "@/lib/api/said";
import { decimal } from "@/lib/format/number";
import type { Freshness } from "@/lib/freshness";
import type { Connection, Snapshot } from "@/lib/socket/connection";
import { contract, words } from "./messages";
import type { Back } from "./use-cut";

interface Props {
  snapshot: Snapshot;
  freshness: Freshness;
  connection: Connection | null;
  /** How the last cut ended. */
  back: Back | null;
  cut: () => void;
}

/** Green or red, in the contract's words, and a sentence that says what it means. */
export function StatusCard({ snapshot, freshness, connection, back, cut }: Props) {
  // A socket that looks open while nothing comes is no connection.
  const connected = snapshot.status === "connected" && freshness !== "offline" && freshness !== "stale";
  const checking = connected && freshness === "checking";
  const tone = checking ? "warn" : connected ? "good" : "bad";
  const stopped = snapshot.status === "ended" || snapshot.status === "refused";
  return (
    <section
      className={`rounded-xl border p-4 ${FRAMES[tone]}`}
      aria-label={words.statusLabel}
      data-status={connected ? "connected" : "disconnected"}
    >
      <p role="status" lang="en" className={`text-xl leading-7 font-[670] tracking-[-0.01em] ${INKS[tone]}`}>
        {contract.status} <Emoji of={connected ? "✅" : "❌"} />{" "}
        {connected ? contract.connected : contract.disconnected}
      </p>
      {connected && (
        <p className="mono mt-1 wrap-anywhere" lang="en">
          {contract.socketId} {snapshot.id}
        </p>
      )}
      <p className="mt-2 text-ink-2">{sentence(connected, freshness, snapshot)}</p>
      <p role="status" className="text-ink-2">
        {connected && back && words.back(decimal(back.away / 1_000), back.recovered)}
      </p>
      <div className="mt-3 flex flex-wrap gap-2">
        {/* Not taken away while the connection is lost: the focus would be lost with them. */}
        <button
          type="button"
          className="btn btn-line"
          aria-disabled={!connected}
          onClick={() => connection?.tell("test_event")}
        >
          {words.sendTest}
        </button>
        <button type="button" className="btn btn-line" aria-disabled={!connected} onClick={() => connected && cut()}>
          {words.cut}
        </button>
        {stopped && (
          <button type="button" className="btn btn-line" onClick={() => connection?.retry()}>
            {shared.connectAgain}
          </button>
        )}
      </div>
    </section>
  );
}

function sentence(connected: boolean, freshness: Freshness, { status, transport, message }: Snapshot): string {
  if (connected && freshness === "checking") return words.sentence.checking;
  if (connected) return transport === "websocket" ? words.sentence.websocket : words.sentence.polling;
  if (status === "refused") return words.sentence.refused(saidWithin(message ?? ""));
  return words.sentence[status === "connected" ? "disconnected" : status];
}
