// The figures above the bookings, with small charts. A chunk of its own: the list does not wait for it.
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { money } from "@/lib/format/money";
import { numeral } from "@/lib/format/number";
import { calendarDay } from "@/lib/format/time";
import { type bookingStats, type Metric, paymentStatsQuery } from "./get-list";
import { words } from "./messages";

const say = words.stats;
const WIDTH = 120;
const HEIGHT = 34;

type Stats = Awaited<ReturnType<typeof bookingStats>>;

export function StatStrip({ stats }: { stats: Stats }) {
  const payments = useQuery(paymentStatsQuery);
  const of = (id: string, metrics: readonly Metric[] = stats.metrics) =>
    metrics.find((metric) => metric._id === id)?.value ?? 0;
  const taka = (id: string, metrics?: readonly Metric[]) => money(String(of(id, metrics)), "bdt");
  const due = Number(of("due"));
  const received = Number(of("received"));
  const share = due + received > 0 ? Math.round((received / (due + received)) * 100) : null;
  const open = Number(of("booked")) + Number(of("confirmed"));
  const unassigned = Number(of("unassigned"));
  return (
    <div className="@container h-full">
      <section
        aria-label={say.label}
        className="grid h-full grid-cols-4 grid-rows-1 @max-[840px]:grid-cols-2 @max-[840px]:[&>*:nth-child(n+3)]:hidden"
      >
        <Stat title={say.today} value={numeral(Number(of("today")))} hint={say.week(Number(of("week")))}>
          <Trend days={stats.trends} />
        </Stat>
        <Stat
          title={say.paidToday}
          value={payments.data ? taka("paid_today", payments.data) : "–"}
          hint={payments.data ? say.paidWeek(taka("paid_week", payments.data)) : ""}
        />
        <Stat title={say.due} value={taka("due")} hint={share === null ? "" : say.dueOf(share)}>
          {share !== null && (
            <Parts parts={[share, 100 - share]} classes={["fill-brand", "fill-warn"]} label={say.dueOf(share)} />
          )}
        </Stat>
        <Stat title={say.unassigned} value={numeral(unassigned)} hint={say.open(open)}>
          <Parts
            parts={[open - unassigned, unassigned]}
            classes={["fill-brand", "fill-brand opacity-35"]}
            label={say.assignedOf(open - unassigned, open)}
          />
        </Stat>
      </section>
    </div>
  );
}

/** A chart that has no room beside its figure is on a second line, which nobody sees: an amount may be in crores. */
function Stat({ title, value, hint, children }: { title: string; value: string; hint: string; children?: ReactNode }) {
  return (
    <div className="min-w-0 border-r border-line px-4 py-3 last:border-r-0">
      <div className="flex h-full flex-wrap items-end justify-between gap-x-3 overflow-hidden">
        <div className="flex h-full min-w-0 flex-col justify-end">
          <div className="truncate text-xs font-[550] text-ink-2">{title}</div>
          <div className="text-2xl leading-[30px]! font-[650] tracking-[-0.025em] tabular-nums @max-[400px]:text-lg">
            {value}
          </div>
          <div className="truncate text-xs text-ink-3 tabular-nums">{hint || "\u00a0"}</div>
        </div>
        <span className="flex-none @max-[1100px]:hidden">{children}</span>
      </div>
    </div>
  );
}

function Trend({ days }: { days: Stats["trends"] }) {
  const most = Math.max(1, ...days.map((day) => day.totalBookings));
  const step = WIDTH / Math.max(1, days.length);
  const label = say.trend(days.map((day) => `${calendarDay(day.date)} ${numeral(day.totalBookings)}`).join(", "));
  return (
    <svg role="img" aria-label={label} width={WIDTH} height={HEIGHT} data-chart="trend">
      {days.map((day, place) => {
        const height = Math.max(2, (day.totalBookings / most) * HEIGHT);
        const today = place === days.length - 1;
        return (
          <rect
            key={day.date}
            className={today ? "fill-brand" : "fill-brand opacity-35"}
            {...{ x: place * step + 2, y: HEIGHT - height, width: step - 4, height, rx: 2 }}
          />
        );
      })}
    </svg>
  );
}

function Parts({ parts, classes, label }: { parts: number[]; classes: string[]; label: string }) {
  const total = Math.max(
    1,
    parts.reduce((sum, part) => sum + part, 0),
  );
  const starts = parts.map((_, place) => parts.slice(0, place).reduce((sum, part) => sum + part, 0));
  return (
    <svg role="img" aria-label={label} width={WIDTH} height={HEIGHT} data-chart="parts">
      {parts.map((part, place) => (
        <rect
          key={classes[place]}
          className={classes[place]}
          {...{ x: ((starts[place] ?? 0) / total) * WIDTH, y: 12, width: (part / total) * WIDTH, height: 8, rx: 2 }}
        />
      ))}
    </svg>
  );
}
