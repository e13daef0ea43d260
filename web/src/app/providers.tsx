import { QueryCache, QueryClient, QueryClientProvider, type QueryKey } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { sessionQuery } from "@/lib/api/get-session";
import { ApiError } from "@/lib/api/http";

/** A refusal will not change by asking again; silence may. */
function worthRetrying(failures: number, error: Error): boolean {
  const refused = error instanceof ApiError && error.status >= 400 && error.status < 500;
  return !refused && failures < 2;
}

/** Asks whatever the browser says of its network: a laptop without one has its desk at 127.0.0.1. Unasked, a list would
 * wait without a word until there is a network. */
const ASKS = { networkMode: "always" } as const;

export function makeQueries(): QueryClient {
  const queries = new QueryClient({
    queryCache: new QueryCache({ onError: (error, { queryKey }) => doubtSignIn(queries, error, queryKey) }),
    defaultOptions: { queries: { ...ASKS, retry: worthRetrying, refetchOnReconnect: true }, mutations: ASKS },
  });
  forgetWithThePerson(queries);
  return queries;
}

/** Who is told to sign in first is not who the page takes them for. Where guests may connect, no socket says so. */
function doubtSignIn(queries: QueryClient, error: Error, queryKey: QueryKey): void {
  const itself = queryKey[0] === sessionQuery.queryKey[0];
  if (!itself && error instanceof ApiError && error.status === 401) void queries.invalidateQueries(sessionQuery);
}

/** What one person was told is nobody else's: it goes as soon as another is signed in, here or on another tab. */
function forgetWithThePerson(queries: QueryClient): void {
  let known: string | null = null;
  queries.getQueryCache().subscribe(() => {
    const before = known;
    known = queries.getQueryData(sessionQuery.queryKey)?._id ?? null;
    if (before === null || before === known) return;
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] });
  });
}

export function Providers({ queries, children }: { queries: QueryClient; children: ReactNode }) {
  return <QueryClientProvider client={queries}>{children}</QueryClientProvider>;
}
