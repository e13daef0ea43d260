// The screen always says how fresh it is: a word, one tick per second of the last half minute, the newest event's number
// and its age.
import { digits } from "@/lib/format/number";
import { ago } from "@/lib/format/time";
import type { Freshness } from "@/lib/freshness";
import { type LiveState, TICKS } from "@/lib/socket/use-live";
import { words } from "./messages";
import { FRAMES, INKS, type Tone } from "./tones";

const TONES: Record<Freshness, Tone> = {
  connecting: "warn",
  live: "good",
  checking: "warn",
  stale: "warn",
  reconnecting: "warn",
  offline: "bad",
  refused: "bad",
  ended: "bad",
};

const LEDS = { good: "led", warn: "led led-warn", bad: "led led-bad" } as const;

export function FreshnessBadge({ live }: { live: LiveState }) {
  const tone = TONES[live.freshness];
  return (
    <div
      data-freshness={live.freshness}
      className={`flex h-8 w-full min-w-0 items-center justify-between gap-2.5 rounded-lg border pr-3 pl-2.5 text-xs whitespace-nowrap max-xs:h-auto max-xs:min-h-8 max-xs:flex-wrap max-xs:py-1 ${tone === "good" ? "border-line bg-surface" : FRAMES[tone]}`}
    >
      <span className={`flex items-center gap-2 font-semibold ${INKS[tone]}`}>
        <span className={LEDS[tone]} />
        <span role="status">{words.state[live.freshness]}</span>
      </span>
      <Ticks live={live} />
      <span
        className={`min-w-[9.25rem] flex-none max-xs:min-w-0 text-right tabular-nums ${tone === "good" ? "text-ink-3" : INKS[tone]}`}
      >
        {live.seq === 0 && words.noEvent}
        {live.seq !== null && live.seq > 0 && <EventNumber seq={live.seq} />}
        {live.lastLive !== null && `${live.seq === null ? "" : " · "}${ago(live.now - live.lastLive)}`}
      </span>
    </div>
  );
}

function EventNumber({ seq }: { seq: number }) {
  return (
    <>
      {words.event} <b className="font-semibold text-ink">{digits(seq)}</b>
    </>
  );
}

function Ticks({ live }: { live: LiveState }) {
  return (
    <svg
      className="min-w-0 max-[400px]:hidden"
      width={TICKS * 4}
      height="16"
      viewBox={`0 0 ${TICKS * 4} 16`}
      aria-hidden="true"
    >
      {live.ticks.map((count, place) => {
        const height = count === 0 ? 4 : count === 1 ? 11 : 16;
        const fill = count === 0 ? "var(--line-2)" : "var(--brand)";
        // biome-ignore lint/suspicious/noArrayIndexKey: a tick is its place
        return <rect key={place} x={place * 4} y={16 - height} width="2" height={height} rx="1" fill={fill} />;
      })}
    </svg>
  );
}
