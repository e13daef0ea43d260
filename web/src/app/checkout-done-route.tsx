import { useSearch } from "@tanstack/react-router";
import { CheckoutDonePage } from "@/features/checkout-done/checkout-done-page";

export function CheckoutDoneRoute() {
  return <CheckoutDonePage sessionId={useSearch({ from: "/booking/done" }).session_id} />;
}
