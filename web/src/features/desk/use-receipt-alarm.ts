// The receipt alarm: asked for once when the page is opened, then told by the server every second while it lasts. One
// that is not repeated is over, so nothing has to arrive for it to go away.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Connection } from "@/lib/socket/connection";
import { useFramedEvents } from "@/lib/socket/use-connection";
import { getReceiptAlarm, type ReceiptAlarm } from "./get-receipt-state";

const LASTS = 5_000;

/** Null while there is none. */
export function useReceiptAlarm(connection: Connection | null, now: number): ReceiptAlarm | null {
  const asked = useQuery({
    queryKey: ["receipt-state"],
    queryFn: ({ signal }) => getReceiptAlarm(signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const [told, setTold] = useState<{ alarm: ReceiptAlarm; at: number } | null>(null);
  useFramedEvents(connection, (event) => {
    if (event.type === "received" && event.name === "receipt_alarm")
      setTold({ alarm: event.args[0] as ReceiptAlarm, at: Date.now() });
  });
  const { alarm, at } = told ?? { alarm: asked.data, at: asked.dataUpdatedAt };
  return alarm && alarm.unseen + alarm.unsent > 0 && now - at < LASTS ? alarm : null;
}
