// GET /api/booking and GET /api/payment, one page of a filtered list. `upto` keeps the pages of a growing list in place.
import { queryOptions } from "@tanstack/react-query";
import { request } from "@/lib/api/http";
import type { Booking } from "../get-bookings";
import { type Filter, type PaymentsSearch, query } from "./search";

export const PAGE = 100;
const JUST_NOW = 2_000;

/** In which pages beyond the first the rows from `first` to `last` stand. */
export function pagesBeyondFirst(first: number, last: number): number[] {
  const pages = [];
  for (let page = Math.max(2, Math.floor(first / PAGE) + 1); page <= Math.floor(last / PAGE) + 1; page += 1)
    pages.push(page);
  return pages;
}

export interface Listed {
  rows: readonly Booking[];
  totalItems: number;
  /** The number of the newest booking there is; 0 where there is none. */
  newest: number;
  requestedAt: number;
}

export interface Payment {
  _id: string;
  bookingId: string | null;
  trackingId: string | null;
  userId: string | null;
  userName: string;
  serviceName: string;
  provider: string;
  sessionId: string | null;
  amountPaid: string;
  amountRefunded: string;
  currency: string | null;
  status: "paid" | "partly_refunded" | "refunded" | "disputed" | "charged_back";
  needsLook: boolean;
  /** Reasons, with "; " between them. */
  lookReason: string;
  createdAt: string;
  paidAt: string | null;
}

export async function listBookings(filter: Filter, page: number, upto: number | null, signal: AbortSignal) {
  const requestedAt = Date.now();
  const words = query(filter, { page, limit: PAGE, ...(upto !== null && { upto }) });
  const { bookings, totalItems, newest } = await request<{ bookings: Booking[]; totalItems: number; newest?: number }>(
    `/api/booking?${words}`,
    { signal },
  );
  return { rows: bookings, totalItems, newest: newest ?? 0, requestedAt };
}

export async function listPayments(filter: PaymentsSearch, page: number, signal: AbortSignal) {
  const requestedAt = Date.now();
  const words = query(filter, { page, limit: PAGE });
  const { payments, totalItems } = await request<{ payments: Payment[]; totalItems: number }>(`/api/payment?${words}`, {
    signal,
  });
  return { rows: payments, totalItems, requestedAt };
}

/** Null where there is none of this id. */
export async function onePayment(id: string, signal: AbortSignal): Promise<Payment | null> {
  const path = `/api/payment?id=${encodeURIComponent(id)}`;
  return (await request<{ payments: Payment[] }>(path, { signal })).payments[0] ?? null;
}

/** What belongs to one customer: newest first, one page. */
export async function customerBookings(userId: string, signal: AbortSignal): Promise<Booking[]> {
  const path = `/api/booking?userId=${encodeURIComponent(userId)}&limit=${PAGE}`;
  return (await request<{ bookings: Booking[] }>(path, { signal })).bookings;
}

export async function customerPayments(userId: string, signal: AbortSignal): Promise<Payment[]> {
  const path = `/api/payment?userId=${encodeURIComponent(userId)}&limit=${PAGE}`;
  return (await request<{ payments: Payment[] }>(path, { signal })).payments;
}

export interface Metric {
  _id: string;
  value: number | string;
  change: number | null;
}

export async function bookingStats(signal: AbortSignal) {
  const path = "/api/booking/stats";
  return request<{ metrics: Metric[]; trends: { date: string; totalBookings: number }[] }>(path, { signal });
}

export const paymentStatsQuery = queryOptions({
  queryKey: ["desk", "payment-stats"],
  queryFn: ({ signal }) => request<Metric[]>("/api/payment/stats", { signal }),
});

/** The newest page; what was asked for a moment ago, while the page was loading, is not asked for again. */
export const headQuery = (filter: Filter) =>
  queryOptions({
    queryKey: ["desk", "list", query(filter)],
    queryFn: ({ signal }) => listBookings(filter, 1, null, signal),
    structuralSharing: false,
    staleTime: JUST_NOW,
  });
