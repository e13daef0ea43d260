import { useQuery } from "@tanstack/react-query";
import { getReceipt, type Receipt } from "./get-receipt";

const SOON = 500;
const AGAIN = 2_000;
const RARELY = 15_000;
const EAGER = 20; // questions, some ten seconds; what is on no desk by then rings the alarm

/** The receipt as the server has it; it is asked for again while it is shown, because desks keep confirming. The first is
 * waited for: somebody may be looking at "on no desk yet". */
export function useReceipt(trackingId: string) {
  return useAsked(trackingId, (receipt) => (receipt?.shownAt ? AGAIN : SOON));
}

/** The receipt until the booking is on a first desk, which does not change any more: a conversation may have dozens of
 * bookings, and stay open all day. */
export function useFirstShown(trackingId: string) {
  return useAsked(trackingId, (receipt, asked) => {
    if (receipt?.shownAt || receipt?.receivedAt === null) return false;
    return asked < EAGER ? SOON : RARELY;
  });
}

function useAsked(trackingId: string, pause: (receipt: Receipt | undefined, asked: number) => number | false) {
  return useQuery({
    queryKey: ["receipt", trackingId],
    queryFn: ({ signal }) => getReceipt(trackingId, signal),
    refetchInterval: ({ state }) => pause(state.data, state.dataUpdateCount + state.errorUpdateCount),
  });
}
