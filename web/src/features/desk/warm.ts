// What the desk asks for first, asked for while its scripts are still being read: then its first drawing has rows.
import type { QueryClient } from "@tanstack/react-query";
import { OPEN, pagesQuery } from "./use-conversations";
import { bookingsQuery } from "./use-desk";

export function warmDesk(queries: QueryClient): void {
  void queries.prefetchInfiniteQuery(pagesQuery(OPEN));
  void queries.prefetchQuery(bookingsQuery(() => 1));
}
