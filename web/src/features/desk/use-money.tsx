// What a customer has paid, for the stream of their conversation.
import { lazy, Suspense, useMemo } from "react";
import type { Between } from "@/components/conversation/message-list";
import type { Connection } from "@/lib/socket/connection";
import { useCustomer } from "./lists/use-customer";

const MoneyCard = lazy(() => import("./lists/money-card"));

export function useMoney(connection: Connection | null, userId: string): readonly Between[] {
  const rows = useCustomer(connection, userId).bookings.data;
  return useMemo(() => {
    const cards = (rows ?? []).map((booking) => ({
      key: `money ${booking.trackingId}`,
      time: booking.createdAt ? Date.parse(booking.createdAt) : (booking.arrivedAt ?? 0),
      content: (
        <Suspense fallback={<div className="my-2 h-[58px]" />}>
          <MoneyCard booking={booking} />
        </Suspense>
      ),
    }));
    return cards.sort((one, other) => one.time - other.time);
  }, [rows]);
}
