// Asks again for what is on the screen, because something may have been missed.
import type { QueryClient, QueryKey } from "@tanstack/react-query";

/** An answer that is under way is thrown away, unless it is a query's first: that one is kept, for somebody waits for it,
 * but it was asked for before, so the query is asked again behind it. TanStack Query alone would take it for fresh.
 * Over once all have answered. */
export async function askAnew(queries: QueryClient, queryKey: QueryKey): Promise<void> {
  const first = queries.getQueryCache().findAll({
    queryKey,
    predicate: ({ state }) => state.data === undefined && state.fetchStatus === "fetching",
  });
  const answered = queries.invalidateQueries({ queryKey });
  for (const query of first) {
    const again = () => void queries.invalidateQueries({ queryKey: query.queryKey, exact: true });
    query.promise?.then(again, () => {}); // a failed one says so, and is asked again by whoever reads it
  }
  await answered;
}

/** First answers that do not come are waited for no more, and asked for anew. */
export async function askAwaitedAgain(queries: QueryClient): Promise<void> {
  const awaited = queries.getQueryCache().findAll({
    type: "active",
    predicate: ({ state }) => state.data === undefined && state.fetchStatus === "fetching",
  });
  await Promise.all(
    awaited.map(async ({ queryKey }) => {
      await queries.cancelQueries({ queryKey, exact: true });
      await queries.refetchQueries({ queryKey, exact: true });
    }),
  );
}

/** What has failed is asked for again, as far as it is on the screen: whoever looks at it need not press a button. */
export function askFailedAgain(queries: QueryClient): void {
  void queries.refetchQueries({ type: "active", predicate: ({ state }) => state.status === "error" });
}
