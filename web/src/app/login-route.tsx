import { createLazyRoute } from "@tanstack/react-router";
import { LoginPage } from "@/features/login/login-page";

export const route = createLazyRoute("/login")({ component: Page });

function Page() {
  return <LoginPage next={route.useSearch().next} />;
}
