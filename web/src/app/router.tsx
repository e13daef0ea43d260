// The addresses of the pages. Each page is its own chunk, loaded when it is first shown.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from "@tanstack/react-router";
import { Crash } from "@/components/crash";
import { NotFound } from "@/components/not-found";
import { bookingsSearch, paymentsSearch } from "@/features/desk/lists/search";
import { checkoutSearch, deskSearch, loginSearch } from "./search";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Crash });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/home/home-page"), "HomePage"),
});
const connectionTest = createRoute({
  getParentRoute: () => root,
  path: "/test-socket",
  component: lazyRouteComponent(() => import("@/features/connection-test/connection-test-page"), "ConnectionTestPage"),
});
const desk = createRoute({
  getParentRoute: () => root,
  path: "/dashboard",
  validateSearch: deskSearch,
  // Where the page itself does not come, lazy() says so.
  loader: ({ location }) =>
    import("./desk-route").then(({ deskReady }) => deskReady(location.pathname, location.search)).catch(() => {}),
}).lazy(() => import("./desk-route").then((module) => module.route));
const bookings = createRoute({ getParentRoute: () => desk, path: "/bookings", validateSearch: bookingsSearch });
const payments = createRoute({ getParentRoute: () => desk, path: "/payments", validateSearch: paymentsSearch });
const chat = createRoute({
  getParentRoute: () => root,
  path: "/chat",
  component: lazyRouteComponent(() => import("@/features/chat/chat-page"), "ChatPage"),
});
const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: loginSearch,
}).lazy(() => import("./login-route").then((module) => module.route));
const docs = createRoute({
  getParentRoute: () => root,
  path: "/docs",
  component: lazyRouteComponent(() => import("@/features/api-docs/api-docs-page"), "ApiDocsPage"),
});

const checkoutDone = createRoute({
  getParentRoute: () => root,
  path: "/booking/done",
  validateSearch: checkoutSearch,
}).lazy(() => import("./checkout-done-route").then((module) => module.route));

export const routeTree = root.addChildren([
  home,
  connectionTest,
  desk.addChildren([bookings, payments]),
  chat,
  login,
  docs,
  checkoutDone,
]);

export const router = createRouter({ routeTree, defaultPreload: "intent", scrollRestoration: true });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
