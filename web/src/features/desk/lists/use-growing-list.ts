// The bookings of one filter: the newest snapshot, which useDesk asks for anew soon after an arrival, its pages as they
// are scrolled to, and what arrives meanwhile.
import { useQueries, useQuery } from "@tanstack/react-query";
import { startTransition, useEffect, useReducer, useRef, useState } from "react";
import type { Connection } from "@/lib/socket/connection";
import { useGatheredEvents } from "@/lib/socket/use-connection";
import type { Booking } from "../get-bookings";
import type { BookingRow, CustomerAdded } from "../state";
import { headQuery, listBookings, PAGE, pagesBeyondFirst } from "./get-list";
import { type Arrived, asItIs, grow, NOTHING, waiting } from "./growing";
import { type Filter, query } from "./search";

const KEPT = 30_000;
const SETTLED = 80;

export interface GrowingList {
  total: number;
  waiting: number;
  loaded: boolean;
  problem: string | null;
  row: (index: number) => BookingRow | null;
  release: () => void;
  refetch: () => void;
}

/** `first` and `last` are the rows on the screen; while `held`, none of them moves. */
export function useGrowingList(
  connection: Connection | null,
  filter: Filter,
  [first, last]: readonly [number, number],
  held: boolean,
): GrowingList {
  const words = query(filter);
  const head = useQuery(headQuery(filter));
  // With what has come already: the first drawing has rows then, and need not be done twice.
  const [state, tell] = useReducer(grow, head.data, (answer) =>
    answer ? grow(NOTHING, { type: "loaded", answer, held: false }) : NOTHING,
  );
  const begun = state.snapshot !== null;
  const holding = useRef(held);
  useEffect(() => {
    holding.current = held;
    if (!held) tell({ type: "released" });
  }, [held]);
  useEffect(() => {
    const answer = head.data;
    if (!answer) return;
    const take = () => tell({ type: "loaded", answer, held: holding.current });
    // It tells more of every row than its event did: what is read is drawn between the frames, unless it is the first.
    if (begun) startTransition(take);
    else take();
  }, [head.data, begun]);
  useGatheredEvents(connection, (events) => {
    const at = Date.now();
    let arrivals: Arrived[] = [];
    for (const event of events) {
      if (event.type !== "received") continue;
      const { name, args, seq } = event;
      if (name === "reset") {
        arrivals = [];
        tell({ type: "reset" });
      }
      if (name === "booking_updated") tell({ type: "changed", booking: args[0] as Booking, at });
      if (name === "customer_added" && seq !== null) arrivals.push({ booking: args[0] as CustomerAdded, seq, at });
    }
    if (arrivals.length > 0 && comesOnTop(filter)) tell({ type: "arrived", arrivals, held: holding.current });
  });

  const { snapshot, above, count } = state;
  const wanted = useSettled(pagesBeyondFirst(first - count, last - count)); // the snapshot brings the first along
  const pages = useQueries({
    queries: (snapshot ? wanted : []).map((page) => ({
      queryKey: ["desk-pages", words, snapshot?.at, page],
      queryFn: ({ signal }: { signal: AbortSignal }) => listBookings(filter, page, snapshot?.upto ?? null, signal),
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: KEPT,
      structuralSharing: false,
    })),
  });
  const found = new Map(pages.map((page, place) => [wanted[place], page.data?.rows]));
  const row = (index: number): BookingRow | null => {
    const arrival = above[index];
    if (arrival) {
      const changed = state.changes.get(arrival.row.trackingId);
      return changed ? asItIs(state, changed.booking) : arrival.row;
    }
    const place = index - count;
    const rows = place < PAGE ? snapshot?.rows : found.get(Math.floor(place / PAGE) + 1);
    const booking = place < 0 ? undefined : rows?.[place % PAGE];
    return booking ? asItIs(state, booking) : null;
  };
  return {
    total: (snapshot?.total ?? 0) + count,
    waiting: waiting(state),
    loaded: snapshot !== null,
    problem: head.error?.message ?? pages.find((page) => page.error)?.error?.message ?? null,
    row,
    release: () => tell({ type: "released" }),
    refetch: () => void head.refetch(),
  };
}

/** A new booking is booked and nobody's yet; of the rest the event says nothing, and the list is asked. */
function comesOnTop({ search, division, duration, sortby, status, caregiver }: Filter): boolean {
  const open = (status === undefined || status === "booked") && caregiver !== "assigned";
  return open && !search && !division && !duration && (sortby === undefined || sortby === "newest");
}

/** What is flown over is not asked for. */
function useSettled(pages: number[]): number[] {
  const key = pages.join();
  const [settled, setSettled] = useState(pages);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the numbers are what counts, not the array
  useEffect(() => {
    const timer = setTimeout(() => setSettled(pages), SETTLED);
    return () => clearTimeout(timer);
  }, [key]);
  return settled;
}
