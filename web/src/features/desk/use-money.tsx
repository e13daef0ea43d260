// What a customer has paid, for the stream of their conversation; null while that is not known.
import { useMemo } from "react";
import type { Between } from "@/components/conversation/message-list";
import { isAwaited } from "@/lib/api/is-awaited";
import type { Connection } from "@/lib/socket/connection";
import { MoneyCard } from "./lists/money-card";
import { useCustomer } from "./lists/use-customer";
import { paidAt } from "./row-clock";

export function useMoney(connection: Connection | null, userId: string): readonly Between[] | null {
  const { bookings } = useCustomer(connection, userId);
  const rows = bookings.data;
  const cards = useMemo(() => {
    // The newest comes first from the server; of the same second, too, the older one stands above.
    const cards = (rows ?? []).map((booking) => ({
      key: `money ${booking.trackingId}`,
      time: paidAt(booking) ?? 0,
      content: <MoneyCard booking={booking} />,
    }));
    return cards.reverse().sort((one, other) => one.time - other.time);
  }, [rows]);
  return isAwaited(bookings) ? null : cards;
}
