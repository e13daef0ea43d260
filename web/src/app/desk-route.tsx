import { createLazyRoute } from "@tanstack/react-router";
import { DeskPage } from "@/features/desk/desk-page";

export const route = createLazyRoute("/dashboard")({ component: Page });

function Page() {
  return <DeskPage search={route.useSearch()} />;
}
