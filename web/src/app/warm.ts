// What the first view needs, asked for while its scripts are still on their way: who is signed in, where sockets connect,
// the page's own chunk, and what it shows first.
import type { QueryClient } from "@tanstack/react-query";
import { headQuery } from "@/features/desk/lists/get-list";
import { bookingsSearch } from "@/features/desk/lists/search";
import { configQuery } from "@/lib/api/get-config";
import { sessionQuery } from "@/lib/api/get-session";

export function warm(queries: QueryClient, path: string, search: Record<string, unknown>): void {
  const desk = path.startsWith("/dashboard");
  if (!desk && path !== "/chat") return;
  void queries.prefetchQuery(sessionQuery);
  void queries.prefetchQuery(configQuery);
  if (!desk) return;
  // The rows on the screen before everything else.
  if (path === "/dashboard/bookings") void queries.prefetchQuery(headQuery(bookingsSearch(search)));
  const rest = import("./desk-route").then(({ warmDesk }) => warmDesk(queries));
  rest.catch(() => {}); // the router loads the page, and says so where it cannot
}
