// /test-socket: one connection, opened with the page and closed with it, and everything that happens to it.
import { useQuery } from "@tanstack/react-query";
import { Emoji } from "@/components/emoji";
import { FreshnessBadge } from "@/components/freshness-badge";
import { PageHeader } from "@/components/page-header";
import { sessionQuery } from "@/lib/api/get-session";
import { CUSTOMER_LIMITS, DESK_LIMITS } from "@/lib/freshness";
import { useConnection, useSnapshot } from "@/lib/socket/use-connection";
import { useLive } from "@/lib/socket/use-live";
import { useTitle } from "@/lib/use-title";
import { EventLog } from "./event-log";
import { LatencyCard } from "./latency-card";
import { contract, words } from "./messages";
import { StatusCard } from "./status-card";
import { TransportCard } from "./transport-card";
import { useCut } from "./use-cut";
import { useEventLog } from "./use-event-log";
import { useRoundTrips } from "./use-round-trips";

export function ConnectionTestPage() {
  const heading = useTitle(contract.heading);
  const connection = useConnection();
  const snapshot = useSnapshot(connection);
  const { lines, clear } = useEventLog(connection);
  const { data: person } = useQuery(sessionQuery);
  const { took, answered } = useRoundTrips(connection);
  const { back, cut } = useCut(connection);
  const limits = person?.role === "admin" ? DESK_LIMITS : CUSTOMER_LIMITS;
  const live = useLive(connection, { limits, answered: person ? null : answered, onMissed: () => {} });
  return (
    <div className="flex min-h-full flex-col">
      <PageHeader title={contract.heading} heading={heading}>
        <FreshnessBadge live={live} />
      </PageHeader>
      <main className="mx-auto grid w-full max-w-[1240px] items-start gap-4 p-4 md:grid-cols-[minmax(0,5fr)_minmax(0,6fr)] md:p-6">
        <div className="flex min-w-0 flex-col gap-4 max-md:contents">
          <StatusCard snapshot={snapshot} freshness={live.freshness} {...{ connection, back, cut }} />
          <TransportCard snapshot={snapshot} person={person ?? null} />
          <LatencyCard took={took} />
          <section className="card p-4 max-md:order-last" aria-labelledby="instructions">
            <h2 id="instructions" lang="en" className="mb-2 text-[15px] leading-6 font-[650]">
              {contract.instructions}
            </h2>
            <ol className="list-decimal space-y-1.5 pl-5 text-ink-2">
              {words.steps.map((step) => (
                <li key={step}>
                  <Step text={step} />
                </li>
              ))}
            </ol>
          </section>
        </div>
        <EventLog lines={lines} onClear={clear} />
      </main>
    </div>
  );
}

const CHECK = "✅";

function Step({ text }: { text: string }) {
  const [before, after] = text.split(CHECK);
  if (after === undefined) return text;
  return (
    <>
      {before}
      <Emoji of={CHECK} />
      {after}
    </>
  );
}
