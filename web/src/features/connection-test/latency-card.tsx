// How long the server takes to answer: the newest, the median and the worst of the last minute.
import { words } from "./messages";
import { KEPT } from "./use-round-trips";

const STEP = 10;
const HEIGHT = 40;

export function LatencyCard({ took }: { took: readonly number[] }) {
  const sorted = [...took].sort((one, other) => one - other);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const worst = sorted.at(-1) ?? 0;
  const newest = took.at(-1);
  return (
    <section className="card p-4" aria-labelledby="latency">
      <div className="flex items-baseline justify-between gap-3">
        <h2 id="latency" className="text-[15px] leading-6 font-[650]">
          {words.latency}
        </h2>
        {newest !== undefined && (
          <p className="text-ink-2 tabular-nums" data-latency={newest}>
            <b className="font-[650] text-ink">{words.ms(shown(newest))}</b> {words.ofAll(shown(median), shown(worst))}
          </p>
        )}
      </div>
      <svg
        className="mt-2 h-10 w-full"
        viewBox={`0 0 ${KEPT * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        {took.map((one, place) => {
          const height = Math.max(2, (one / Math.max(worst, 1)) * HEIGHT);
          const x = (KEPT - took.length + place) * STEP;
          // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
          return <rect key={place} x={x} y={HEIGHT - height} width={STEP - 3} height={height} fill="var(--brand)" />;
        })}
      </svg>
      <p className="mt-1 text-xs text-ink-3">{words.latencyHint}</p>
    </section>
  );
}

/** Whole from ten on; below, a tenth is a difference. */
const shown = (ms: number) => (ms < 10 ? ms.toFixed(1) : ms.toFixed(0));
