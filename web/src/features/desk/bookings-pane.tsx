import { CalendarCheck } from "lucide-react";
import { type RefObject, useRef } from "react";
import { Growing } from "@/components/growing";
import { Loading } from "@/components/loading";
import { Problem } from "@/components/problem";
import { PANE, PANE_FOCUS, ROWS } from "@/lib/keys/rows";
import { BookingList, ROW } from "./booking-list";
import { PAGE } from "./get-bookings";
import { words } from "./messages";
import { PlayButton } from "./play-button";
import type { DeskData } from "./use-desk";

interface Props {
  data: DeskData;
  list: RefObject<HTMLElement | null>;
  className: string;
}

export function BookingsPane({ data, list, className }: Props) {
  const { desk, loading, problem, refetch, live } = data;
  const box = useRef<HTMLDivElement>(null);
  const empty = desk.bookings.length === 0;
  return (
    <section
      ref={empty ? list : undefined}
      aria-labelledby="bookings"
      className={`flex min-h-0 min-w-0 flex-col outline-none ${className}`}
      {...PANE}
    >
      <div className="flex h-[60px] flex-none items-center gap-3 border-b border-line px-4 max-md:h-14 max-xs:h-auto max-xs:flex-wrap max-xs:py-2">
        <h2 id="bookings" className="font-[650]">
          {words.bookings}
        </h2>
        {!empty && <span className="text-xs text-ink-3 tabular-nums">{words.howMany(desk.bookings.length, PAGE)}</span>}
        <span className="ml-auto">{!empty && <PlayButton />}</span>
      </div>
      <div
        ref={box}
        className="min-h-0 flex-1 overflow-y-auto -outline-offset-2 [overflow-anchor:none]"
        {...ROWS}
        {...PANE_FOCUS}
      >
        {problem && (
          <div className="p-3">
            <Problem text={words.bookingsFailed(problem)} onRetry={refetch} />
          </div>
        )}
        {empty && loading && <Loading rowHeight={ROW} />}
        {empty && !loading && !problem && <Nothing />}
        {!empty && (
          <Growing box={box}>
            <BookingList bookings={desk.bookings} now={live.now} box={box} list={list} />
          </Growing>
        )}
      </div>
    </section>
  );
}

function Nothing() {
  return (
    <div className="mx-auto flex max-w-[380px] flex-col items-center gap-4 px-4 py-14 text-center">
      <span className="grid size-12 place-items-center rounded-xl bg-tint text-accent-ink">
        <CalendarCheck size={24} strokeWidth={1.6} aria-hidden="true" />
      </span>
      <p className="text-[15px] leading-6 text-ink-2">{words.noBookings}</p>
      <PlayButton prominent />
    </div>
  );
}
