import { useQuery } from "@tanstack/react-query";
import { getReceipt } from "./get-receipt";

const SOON = 500;
const AGAIN = 2_000;

/** The receipt as the server has it; it is asked for again while it is shown, because desks keep confirming. The first is
 * waited for: somebody may be looking at "on no desk yet". */
export function useReceipt(trackingId: string) {
  return useQuery({
    queryKey: ["receipt", trackingId],
    queryFn: ({ signal }) => getReceipt(trackingId, signal),
    refetchInterval: ({ state }) => (state.data?.shownAt ? AGAIN : SOON),
  });
}
