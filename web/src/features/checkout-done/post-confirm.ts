// POST /api/payment/confirm: how a checkout stands, by the payment provider's own word.
import { request } from "@/lib/api/http";

export interface Confirmed {
  sessionId: string;
  state: string;
  trackingId: string | null;
  amountPaid: string;
  currency: string | null;
}

export function postConfirm(sessionId: string): Promise<Confirmed> {
  return request<Confirmed>("/api/payment/confirm", { method: "POST", body: { sessionId } });
}
