// What the first view needs, asked for while its scripts are still on their way: who is signed in, where sockets connect,
// and the page's own chunk.
import type { QueryClient } from "@tanstack/react-query";
import { configQuery } from "@/lib/api/get-config";
import { sessionQuery } from "@/lib/api/get-session";

export function warm(queries: QueryClient, path: string): void {
  if (!path.startsWith("/dashboard") && path !== "/chat") return;
  void queries.prefetchQuery(sessionQuery);
  void queries.prefetchQuery(configQuery);
  if (path === "/dashboard/bookings") void import("@/features/desk/lists/bookings-view");
}
