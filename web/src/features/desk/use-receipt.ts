import { useQuery } from "@tanstack/react-query";
import { getReceipt } from "./get-receipt";

const AGAIN = 2_000;

/** The receipt as the server has it; it is asked for again while it is shown, because desks keep confirming. */
export function useReceipt(trackingId: string) {
  return useQuery({
    queryKey: ["receipt", trackingId],
    queryFn: ({ signal }) => getReceipt(trackingId, signal),
    refetchInterval: AGAIN,
  });
}
