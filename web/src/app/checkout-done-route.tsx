import { createLazyRoute } from "@tanstack/react-router";
import { CheckoutDonePage } from "@/features/checkout-done/checkout-done-page";

export const route = createLazyRoute("/booking/done")({ component: Page });

function Page() {
  return <CheckoutDonePage sessionId={route.useSearch().session_id} />;
}
