// The bookings and payments of one customer, live: events change them at once, and soon after useDesk asks for them anew.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { Connection } from "@/lib/socket/connection";
import { useFramedEvents } from "@/lib/socket/use-connection";
import type { Booking } from "../get-bookings";
import { arrivedRow, type BookingRow, type CustomerAdded } from "../state";
import { customerBookings, customerPayments, listBookings } from "./get-list";

export function useCustomer(connection: Connection | null, userId: string | null) {
  const queries = useQueryClient();
  const key = ["desk", "customer", userId];
  const bookings = useQuery<readonly BookingRow[]>({
    queryKey: [...key, "bookings"],
    queryFn: async ({ signal }) =>
      (await customerBookings(userId ?? "", signal)).map((row) => ({ ...row, arrivedAt: null })),
    enabled: userId !== null,
  });
  const payments = useQuery({
    queryKey: [...key, "payments"],
    queryFn: ({ signal }) => customerPayments(userId ?? "", signal),
    enabled: userId !== null,
  });
  useFramedEvents(connection, (event) => {
    if (event.type !== "received" || userId === null) return;
    if (event.name !== "customer_added" && event.name !== "booking_updated") return;
    const told = event.args[0] as CustomerAdded | Booking;
    if (told.userId !== userId) return;
    queries.setQueryData<readonly BookingRow[]>([...key, "bookings"], (rows) => rows && changed(rows, told));
  });
  return { bookings, payments };
}

/** Whose booking it is; null where there is no such booking. */
export function useOwner(trackingId: string | null) {
  return useQuery({
    queryKey: ["owner", trackingId],
    queryFn: async ({ signal }) => {
      const { rows } = await listBookings({ search: trackingId ?? "" }, 1, null, signal);
      return rows.find((row) => row.trackingId === trackingId)?.userId ?? null;
    },
    enabled: trackingId !== null,
    // Whose it is never changes; one that is not there may come.
    staleTime: ({ state }) => (state.data ? Number.POSITIVE_INFINITY : 0),
  });
}

/** A booking as told: changed where it stands, on top where it is new. */
function changed(rows: readonly BookingRow[], told: CustomerAdded | Booking): readonly BookingRow[] {
  if (rows.some((row) => row.trackingId === told.trackingId))
    return "seq" in told ? rows.map((row) => (row.trackingId === told.trackingId ? { ...row, ...told } : row)) : rows;
  return "seq" in told ? rows : [arrivedRow(told, Date.now()), ...rows];
}
