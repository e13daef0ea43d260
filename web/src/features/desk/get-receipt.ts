// GET /api/booking/receipt: from the payment to every screen. The server writes it down once a second.
import { request } from "@/lib/api/http";

export interface Receipt {
  trackingId: string;
  seq: number;
  paidAt: string;
  receivedAt: string | null;
  committedAt: string | null;
  emittedAt: string | null;
  shownAt: string | null;
  /** Every tab that confirmed, the first one first: a page that is loaded anew is another tab. */
  desks: { personId: string; name: string; socketId: string; shownAt: string }[];
}

export async function getReceipt(trackingId: string, signal: AbortSignal): Promise<Receipt> {
  const path = `/api/booking/receipt?trackingId=${encodeURIComponent(trackingId)}`;
  return request<Receipt>(path, { signal });
}
