// The addresses of the pages. Each page is its own chunk, loaded when it is first shown.
import { createRootRoute, createRoute, createRouter, Outlet } from "@tanstack/react-router";
import { Crash } from "@/components/crash";
import { NotFound } from "@/components/not-found";
import { bookingsSearch, paymentsSearch } from "@/features/desk/lists/search";
import { lazily } from "@/lib/lazily";
import { scrollKey } from "@/lib/use-layer";
import { checkoutSearch, deskSearch, loginSearch } from "./search";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Crash });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazily(async () => (await import("@/features/home/home-page")).HomePage),
});
const connectionTest = createRoute({
  getParentRoute: () => root,
  path: "/test-socket",
  component: lazily(async () => (await import("@/features/connection-test/connection-test-page")).ConnectionTestPage),
});
const desk = createRoute({
  getParentRoute: () => root,
  path: "/dashboard",
  validateSearch: deskSearch,
  component: lazily(async () => (await import("./desk-route")).DeskRoute),
  // Where the page itself does not come, its component sees to it.
  loader: ({ location }) =>
    import("./desk-route").then(({ deskReady }) => deskReady(location.pathname, location.search)).catch(() => {}),
});
const bookings = createRoute({ getParentRoute: () => desk, path: "/bookings", validateSearch: bookingsSearch });
const payments = createRoute({ getParentRoute: () => desk, path: "/payments", validateSearch: paymentsSearch });
const chat = createRoute({
  getParentRoute: () => root,
  path: "/chat",
  component: lazily(async () => (await import("@/features/chat/chat-page")).ChatPage),
});
const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: loginSearch,
  component: lazily(async () => (await import("./login-route")).LoginRoute),
});
const docs = createRoute({
  getParentRoute: () => root,
  path: "/docs",
  component: lazily(async () => (await import("@/features/api-docs/api-docs-page")).ApiDocsPage),
});

const checkoutDone = createRoute({
  getParentRoute: () => root,
  path: "/booking/done",
  validateSearch: checkoutSearch,
  component: lazily(async () => (await import("./checkout-done-route")).CheckoutDoneRoute),
});

export const routeTree = root.addChildren([
  home,
  connectionTest,
  desk.addChildren([bookings, payments]),
  chat,
  login,
  docs,
  checkoutDone,
]);

export const router = createRouter({
  routeTree,
  defaultPreload: "intent",
  scrollRestoration: true,
  getScrollRestorationKey: scrollKey,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
