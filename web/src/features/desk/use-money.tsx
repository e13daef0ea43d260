// What a customer has paid, for the stream of their conversation.
import { useMemo } from "react";
import type { Between } from "@/components/conversation/message-list";
import type { Connection } from "@/lib/socket/connection";
import { MoneyCard } from "./lists/money-card";
import { useCustomer } from "./lists/use-customer";

export function useMoney(connection: Connection | null, userId: string): readonly Between[] {
  const rows = useCustomer(connection, userId).bookings.data;
  return useMemo(() => {
    const cards = (rows ?? []).map((booking) => ({
      key: `money ${booking.trackingId}`,
      time: booking.createdAt ? Date.parse(booking.createdAt) : (booking.arrivedAt ?? 0),
      content: <MoneyCard booking={booking} />,
    }));
    return cards.sort((one, other) => one.time - other.time);
  }, [rows]);
}
