// The customer's own bookings and payments, live: read when the page comes, after every connect, and when the server
// says that they have changed.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { askAnew } from "@/lib/api/ask-anew";
import { isAwaited } from "@/lib/api/is-awaited";
import type { Connection } from "@/lib/socket/connection";
import { useConnectionEvents } from "@/lib/socket/use-connection";
import { type OwnBooking, type OwnPayment, ownBookings, ownPayments } from "./get-own";

export interface Own {
  /** Null before the first answer. */
  bookings: readonly OwnBooking[] | null;
  /** Null while they are not known. */
  payments: readonly OwnPayment[] | null;
  problem: string | null;
  refetch: () => void;
}

const KEY = ["own"];

export function useOwn(connection: Connection | null): Own {
  const queries = useQueryClient();
  const bookings = useQuery({ queryKey: [...KEY, "bookings"], queryFn: ({ signal }) => ownBookings(signal) });
  const payments = useQuery({ queryKey: [...KEY, "payments"], queryFn: ({ signal }) => ownPayments(signal) });
  const refetch = () => askAnew(queries, KEY);
  useConnectionEvents(connection, (event) => {
    if (event.type === "connected" || (event.type === "received" && event.name === "bookings_changed")) refetch();
  });
  return {
    bookings: bookings.data ?? null,
    payments: isAwaited(payments) ? null : (payments.data ?? []),
    problem: (bookings.error ?? payments.error)?.message ?? null,
    refetch,
  };
}
