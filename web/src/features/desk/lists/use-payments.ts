// The payments of one filter, in pages. What arrives stands on top at once; soon after, useDesk asks for all lists anew.
import { useQueries, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { onServerClock } from "@/lib/server-clock";
import type { Connection } from "@/lib/socket/connection";
import { useFramedEvents } from "@/lib/socket/use-connection";
import type { CustomerAdded } from "../state";
import { listPayments, onePayment, PAGE, type Payment, pagesBeyondFirst } from "./get-list";
import { type PaymentsSearch, query } from "./search";

/** ms. What was paid so shortly before the list was asked for may not be in it. */
const JUST_BEFORE = 300;
const MOST = 100;

export interface PaymentArrival extends Pick<Payment, "userName" | "serviceName" | "amountPaid" | "currency"> {
  _id: null;
  status?: "paid";
  trackingId: string;
  userId: string;
  createdAt: string;
}

export function usePayments(
  connection: Connection | null,
  search: PaymentsSearch,
  [first, last]: readonly [number, number],
) {
  const { open, page: _, ...filter } = search;
  const words = query(filter);
  const page = (number: number) => ({
    queryKey: ["desk", "payments", words, number],
    queryFn: ({ signal }: { signal: AbortSignal }) => listPayments(filter, number, signal),
    structuralSharing: false,
  });
  const head = useQuery(page(1));
  const numbers = pagesBeyondFirst(first, last);
  // Not before the first: until then the rows on the screen are those of the filter before.
  const others = useQueries({ queries: head.data ? numbers.map(page) : [] });
  const listed = [head, ...others].flatMap((one) => one.data?.rows ?? []);
  const there = listed.find((row) => row._id === open);
  // A link may lead to one that stands far below, or is none of this filter.
  const asked = useQuery({
    queryKey: ["desk", "payments", "one", open],
    queryFn: ({ signal }) => onePayment(open ?? "", signal),
    enabled: open !== undefined && !there && head.data !== undefined,
  });
  const [arrived, setArrived] = useState<readonly PaymentArrival[]>([]);
  useFramedEvents(connection, (event) => {
    if (event.type !== "received" || event.name !== "customer_added") return;
    const { trackingId, userId, userName, serviceName, amountPaid, currency } = event.args[0] as CustomerAdded;
    const createdAt = new Date(onServerClock(Date.now())).toISOString();
    const row = { _id: null, trackingId, userId, userName, serviceName, amountPaid, currency, createdAt };
    setArrived((before) => [row, ...before.filter((other) => other.trackingId !== trackingId)].slice(0, MOST));
  });
  const known = new Set(head.data?.rows.map((row) => row.trackingId));
  const at =
    head.data && comesOnTop(filter) ? onServerClock(head.data.requestedAt) - JUST_BEFORE : Number.POSITIVE_INFINITY;
  const above = arrived.filter((row) => !known.has(row.trackingId) && Date.parse(row.createdAt) >= at);
  const row = (index: number): Payment | PaymentArrival | null => {
    const place = index - above.length;
    if (place < 0) return above[index] ?? null;
    if (place < PAGE) return head.data?.rows[place] ?? null;
    // While the pages are asked for anew they are of two moments: what has come between them stands above the older one.
    const total = head.data?.totalItems ?? 0;
    for (const [n, { data }] of others.entries()) {
      const then = data ? place - total + data.totalItems : 0;
      if (Math.floor(then / PAGE) + 1 === numbers[n]) return data?.rows[then % PAGE] ?? null;
    }
    return null;
  };
  return {
    total: (head.data?.totalItems ?? 0) + above.length,
    loaded: head.data !== undefined,
    problem: head.error?.message ?? null,
    refetch: () => void head.refetch(),
    row,
    keyOf: (index: number): string => row(index)?._id ?? row(index)?.trackingId ?? String(index),
    /** The one that is open: undefined while it is not known, null where there is none. */
    chosen: there ?? asked.data,
    chosenProblem: asked.error?.message ?? null,
  };
}

/** What has just been paid is paid; what a search finds, the server says. */
function comesOnTop({ search, status }: PaymentsSearch): boolean {
  return !search && (status === undefined || status === "paid");
}
