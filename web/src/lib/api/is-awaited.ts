import type { UseQueryResult } from "@tanstack/react-query";

type State = Pick<UseQueryResult, "isPending" | "fetchStatus" | "failureCount">;

/** Whether the first answer to a query is on its way: not once an attempt has failed, for the next one may take long. */
export const isAwaited = ({ isPending, fetchStatus, failureCount }: State): boolean =>
  isPending && fetchStatus === "fetching" && failureCount === 0;
