import { useSearch } from "@tanstack/react-router";
import { LoginPage } from "@/features/login/login-page";

export function LoginRoute() {
  return <LoginPage next={useSearch({ from: "/login" }).next} />;
}
