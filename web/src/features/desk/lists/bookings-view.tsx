// biome-ignore-all lint/a11y/useFocusableInteractive: the table is read, its cells are not worked with
// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by transform cannot be elements of a table
// /dashboard/bookings: figures, filters, and every booking there is. What arrives stands on top at once; while somebody
// reads further down it waits above the list.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type RefObject, Suspense, useRef } from "react";
import { Loading } from "@/components/loading";
import { PassingButton } from "@/components/passing-button";
import { Problem } from "@/components/problem";
import { PANE, PANE_FOCUS, ROWS } from "@/lib/keys/rows";
import { lazily } from "@/lib/lazily";
import { useMedia } from "@/lib/use-media";
import { PlayButton } from "../play-button";
import { clockOf } from "../row-clock";
import type { DeskData } from "../use-desk";
import { WaitingPill } from "../waiting-pill";
import { BookingCells, CAREGIVER, GRID, TRACKING, WHERE, WIDE } from "./booking-cells";
import { BookingFilters } from "./booking-filters";
import { CustomerPanel } from "./customer-panel";
import { bookingStats } from "./get-list";
import { words } from "./messages";
import { Pager } from "./pager";
import { type BookingsSearch, query, USUAL_LIMIT } from "./search";
import { type GrowingList, useGrowingList } from "./use-growing-list";
import { useHeld } from "./use-held";
import { usePlace, useStart } from "./use-place";
import { VirtualList } from "./virtual-list";

/** Elsewhere a row has two lines. */
const WIDE_ROWS = "(min-width: 47.5625rem)";

const StatStrip = lazily(async () => (await import("./stat-strip")).StatStrip);

interface Props {
  data: DeskData;
  search: BookingsSearch;
  /** Set while arrivals are really shown here: then, and only then, the desk may confirm them. */
  list: RefObject<HTMLElement | null>;
}

export function BookingsView({ data, search, list }: Props) {
  const { data: stats } = useQuery({
    queryKey: ["desk", "stats"],
    queryFn: ({ signal }) => bookingStats(signal),
  });
  const counts = Object.fromEntries((stats?.metrics ?? []).map(({ _id, value }) => [_id, Number(value)]));
  return (
    <div className="grid min-h-0 min-w-0 md:col-span-full md:grid-cols-[minmax(0,1fr)_auto]">
      <section
        aria-labelledby="bookings-view"
        {...PANE}
        className={`flex min-h-0 min-w-0 flex-col overflow-y-auto ${search.open ? "max-md:hidden" : ""}`}
      >
        <h2 id="bookings-view" className="sr-only">
          {words.bookings}
        </h2>
        <div className="h-[98px] flex-none border-b border-line max-md:hidden">
          <Suspense>{stats && <StatStrip stats={stats} />}</Suspense>
        </div>
        <BookingFilters search={search} counts={counts} />
        <Bookings key={query(search)} data={data} search={search} list={list} />
      </section>
      {search.open && <Beside data={data} search={search} trackingId={search.open} />}
    </div>
  );
}

function Bookings({ data, search, list }: Props) {
  const navigate = useNavigate();
  const box = useRef<HTMLDivElement>(null);
  const rowHeight = useMedia(WIDE_ROWS, true) ? 44 : 60;
  const limit = search.limit ?? USUAL_LIMIT;
  const page = search.page ?? 1;
  const { page: _, ...rest } = search;
  const { range, onRange, show } = usePlace(box, {
    ...{ rowHeight, limit, page },
    onPage: (number) =>
      void navigate({
        to: "/dashboard/bookings",
        search: number > 1 ? { ...rest, page: number } : rest,
        replace: true,
        resetScroll: false,
      }),
  });
  const held = useHeld(box);
  const found = useGrowingList(data.connection, search, range, held);
  useStart(box, found.total, (page - 1) * limit, rowHeight);
  const shows = found.loaded && !held && found.waiting === 0 && query(search) === "";
  const mark = (element: HTMLElement | null) => {
    list.current = shows ? element : null;
  };
  return (
    <>
      {found.problem && (
        <div className="p-3">
          <Problem text={words.failed(found.problem)} onRetry={found.refetch} />
        </div>
      )}
      <div ref={mark} className="relative flex min-h-33 flex-1 flex-col">
        <WaitingPill
          className="top-10 z-20"
          count={found.waiting}
          onShow={() => {
            found.release();
            show(0);
          }}
        />
        <div ref={box} className="min-h-0 flex-1 overflow-y-auto -outline-offset-2" {...ROWS} {...PANE_FOCUS}>
          <Table {...{ found, data, rowHeight, onRange, box }} search={rest} />
          {!found.loaded && !found.problem && <Loading rowHeight={rowHeight} />}
          {found.loaded && found.total === 0 && <Nothing filtered={query(search) !== ""} />}
        </div>
      </div>
      <div className="flex h-11 flex-none pointer-coarse:h-[52px] items-center border-t border-line bg-bg px-4">
        <span className="text-xs text-ink-3 max-md:hidden">{words.waitingHint}</span>
        <Pager
          first={range[0]}
          last={range[1]}
          total={found.total}
          none={found.loaded ? words.none : ""}
          filtered={query(search) !== ""}
          limit={limit}
          onShow={show}
        />
      </div>
    </>
  );
}

interface TableProps {
  found: GrowingList;
  data: DeskData;
  search: BookingsSearch;
  rowHeight: number;
  onRange: (first: number, last: number) => void;
  box: RefObject<HTMLElement | null>;
}

const HEADS = [
  ["paid", WIDE],
  ["customer", ""],
  ["service", WIDE],
  ["starts", WIDE],
  ["where", WHERE],
  ["payment", ""],
  ["caregiver", CAREGIVER],
  ["status", WIDE],
  ["trackingId", TRACKING],
] as const;

function Table({ found, data, search, rowHeight, onRange, box }: TableProps) {
  const now = data.live.now;
  return (
    <div className="@container" role="table" aria-label={words.bookings} aria-rowcount={found.total + 1}>
      <div role="rowgroup" className="sticky top-0 z-10 bg-surface text-[11.5px] text-ink-3 @max-[684px]:sr-only">
        <div role="row" aria-rowindex={1} className={`h-[34px] border-b border-line font-[550] ${GRID}`}>
          {HEADS.map(([key, hide]) => (
            <span key={key} role="columnheader" className={hide}>
              {words.columns[key]}
            </span>
          ))}
        </div>
      </div>
      <VirtualList
        {...{ box, rowHeight, onRange }}
        total={found.total}
        keyOf={(index) => found.row(index)?.trackingId ?? String(index)}
        rowRole="row"
      >
        {(index) => {
          const booking = found.row(index);
          if (!booking) return <Blank />;
          const open = search.open === booking.trackingId;
          return <BookingCells booking={booking} {...clockOf(booking, now)} open={open} search={search} />;
        }}
      </VirtualList>
    </div>
  );
}

function Blank() {
  return (
    <div role="cell" className="flex h-full items-center border-b border-line px-4">
      <span className="block h-3 w-1/2 rounded bg-line" aria-hidden="true" />
    </div>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  const navigate = useNavigate();
  return (
    <div className="mx-auto flex max-w-[380px] flex-col items-center gap-4 px-4 py-14 text-center text-ink-2">
      <p>{filtered ? words.nothing : words.nothingYet}</p>
      {filtered ? (
        // The list comes anew, its place for the focus too: the pane around it stays.
        <PassingButton
          className="btn btn-line"
          handOver={(button) => button.closest<HTMLElement>("[data-pane]")?.focus()}
          onClick={() => void navigate({ to: "/dashboard/bookings" })}
        >
          {words.clear}
        </PassingButton>
      ) : (
        <PlayButton prominent />
      )}
    </div>
  );
}

function Beside({ data, search, trackingId }: { data: DeskData; search: BookingsSearch; trackingId: string }) {
  const { open: _, ...closed } = search;
  return (
    <CustomerPanel
      connection={data.connection}
      trackingId={trackingId}
      close={{ to: "/dashboard/bookings", search: closed }}
      className="w-full md:w-[344px] md:border-l md:border-line"
    />
  );
}
