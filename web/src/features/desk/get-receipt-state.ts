// GET /api/booking/receipt-state: whether the receipt alarm rings, for a page that has just been opened.
import { request } from "@/lib/api/http";

export interface ReceiptAlarm {
  /** Paid bookings that have been on no screen for `seconds`. */
  unseen: number;
  /** Events that have waited as long to be sent. */
  unsent: number;
  /** The journal's number of the oldest of them. */
  oldest: number;
  seconds: number;
}

export async function getReceiptAlarm(signal: AbortSignal): Promise<ReceiptAlarm> {
  return (await request<{ alarm: ReceiptAlarm }>("/api/booking/receipt-state", { signal })).alarm;
}
