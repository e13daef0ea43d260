import { Emoji } from "@/components/emoji";
import { words as shared } from "@/components/messages";
import { said } from "@/lib/api/said";
import type { Connection, Snapshot } from "@/lib/socket/connection";
import { contract, words } from "./messages";

interface Props {
  snapshot: Snapshot;
  connection: Connection | null;
}

/** Green or red, in the contract's words, and a sentence that says what it means. */
export function StatusCard({ snapshot, connection }: Props) {
  const connected = snapshot.status === "connected";
  const frame = connected ? "border-accent-line bg-tint" : "border-bad-line bg-bad-tint";
  const stopped = snapshot.status === "ended" || snapshot.status === "refused";
  return (
    <section
      className={`rounded-xl border p-4 ${frame}`}
      aria-label={words.statusLabel}
      data-status={connected ? "connected" : "disconnected"}
    >
      <p
        role="status"
        lang="en"
        className={`text-xl leading-7 font-[670] tracking-[-0.01em] ${connected ? "text-accent-ink" : "text-bad-ink"}`}
      >
        {contract.status} <Emoji of={connected ? "✅" : "❌"} />{" "}
        {connected ? contract.connected : contract.disconnected}
      </p>
      {connected && (
        <p className="mono mt-1 wrap-anywhere" lang="en">
          {contract.socketId} {snapshot.id}
        </p>
      )}
      <p className="mt-2 text-ink-2">{sentence(snapshot)}</p>
      <div className="mt-3 flex flex-wrap gap-2">
        {connected && (
          <button type="button" className="btn btn-line" onClick={() => connection?.tell("test_event")}>
            {words.sendTest}
          </button>
        )}
        {stopped && (
          <button type="button" className="btn btn-line" onClick={() => connection?.retry()}>
            {shared.connectAgain}
          </button>
        )}
      </div>
    </section>
  );
}

function sentence({ status, transport, message }: Snapshot): string {
  if (status === "connected") return transport === "websocket" ? words.sentence.websocket : words.sentence.polling;
  if (status === "refused") return words.sentence.refused(said(message ?? ""));
  return words.sentence[status];
}
