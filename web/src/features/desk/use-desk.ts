// The desk's data: snapshots over HTTP, changes over the one socket, both into apply().
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type RefObject, useCallback, useEffect, useReducer, useRef, useState } from "react";
import { DESK_LIMITS } from "@/lib/freshness";
import type { Presence } from "@/lib/presence/presence";
import { useAttention, usePresence } from "@/lib/presence/use-presence";
import type { Connection } from "@/lib/socket/connection";
import { useConnection, useConnectionEvents } from "@/lib/socket/use-connection";
import { type LiveState, useLive } from "@/lib/socket/use-live";
import { type Booking, getBookings, type Page } from "./get-bookings";
import { getParticipants } from "./get-participants";
import type { ReceiptAlarm } from "./get-receipt-state";
import type { Loaded } from "./shown";
import { apply, type ConversationUpdated, type CustomerAdded, type Desk, EMPTY } from "./state";
import { useDelivered } from "./use-delivered";
import { useReceiptAlarm } from "./use-receipt-alarm";
import { useShown } from "./use-shown";

const GATHER = 300;
const MOST_PAGES = 20;

export interface DeskData {
  desk: Desk;
  connection: Connection | null;
  live: LiveState;
  alarm: ReceiptAlarm | null;
  /** Null while the page does not know who is there. */
  presence: Presence | null;
  loading: boolean;
  /** Why a part did not load; what was there stays. */
  problems: { bookings: string | null; participants: string | null };
  refetch: () => void;
  /** Another number after something was missed. */
  reload: number;
}

/** `list` is where the bookings are shown. */
export function useDesk(openRoom: string | null, list: RefObject<HTMLElement | null>): DeskData {
  const queries = useQueryClient();
  const [desk, dispatch] = useReducer(apply, EMPTY);
  const [reload, setReload] = useState(0);
  const connection = useConnection();
  const presence = usePresence(connection);
  useAttention(connection);
  const pages = useRef(1);
  const bookings = useQuery({
    queryKey: ["desk", "bookings"],
    queryFn: asked((signal) => getBookings(pages.current, signal)),
    structuralSharing: false,
  });
  const participants = useQuery({
    queryKey: ["desk", "participants"],
    queryFn: asked(getParticipants),
    structuralSharing: false,
  });

  const refetch = useCallback(() => void queries.invalidateQueries({ queryKey: ["desk"] }), [queries]);
  const refetchSoon = useGathered(refetch);
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  // Before useLive, which asks for the list when the connection is new: the confirmations begin first.
  const { beginAnew } = useShown({ connection, list, loaded });
  const live = useLive(connection, {
    limits: DESK_LIMITS,
    onMissed: (why) => {
      if (why === "behind") {
        beginAnew();
        setReload((before) => before + 1);
      }
      refetch();
    },
  });

  useEffect(() => {
    if (!bookings.data) return;
    const { answer, requestedAt } = bookings.data;
    dispatch({ type: "bookings_loaded", bookings: answer.bookings, requestedAt });
    setLoaded(extent(answer, requestedAt));
  }, [bookings.data]);
  useEffect(() => {
    if (!participants.data) return;
    const { answer, requestedAt } = participants.data;
    dispatch({ type: "participants_loaded", participants: answer, requestedAt });
  }, [participants.data]);

  const alarm = useReceiptAlarm(connection, live.now);
  // A booking that nobody has seen may stand below the end of the list: then the list grows until it is in it.
  const unseen = alarm !== null && alarm.unseen > 0 ? alarm.oldest : null;
  useEffect(() => {
    if (unseen === null) pages.current = 1;
    else if (loaded !== null && unseen < loaded.oldest && pages.current < MOST_PAGES) {
      pages.current += 1;
      refetch();
    }
  }, [unseen, loaded, refetch]);

  /** What comes into the conversation that is looked at is seen: opening it again tells every other desk. */
  const seen = ({ roomId, unread }: ConversationUpdated) => {
    dispatch({ type: "conversation_opened", roomId });
    if (unread > 0 && document.visibilityState === "visible") connection?.tell("join_room", roomId);
  };
  const delivered = useDelivered(connection);
  useConnectionEvents(connection, (event) => {
    if (event.type !== "received") return;
    const at = Date.now();
    if (event.name === "customer_added") {
      dispatch({ type: "customer_added", booking: event.args[0] as CustomerAdded, at });
      refetchSoon();
    }
    if (event.name === "booking_updated") {
      dispatch({ type: "booking_updated", booking: event.args[0] as Booking, at });
    }
    if (event.name === "reset") dispatch({ type: "reset" });
    if (event.name === "conversation_updated") {
      const update = event.args[0] as ConversationUpdated;
      dispatch({ type: "conversation_updated", update, at });
      if (update.lastMessage.senderId === update.roomId && !update.read) delivered(update.roomId, update.seq);
      if (update.roomId === openRoom) seen(update);
    }
  });
  useEffect(() => {
    if (openRoom) dispatch({ type: "conversation_opened", roomId: openRoom });
  }, [openRoom]);

  return {
    desk,
    connection,
    live,
    alarm,
    presence: live.freshness === "live" || live.freshness === "checking" ? presence : null,
    loading: bookings.isPending || participants.isPending,
    problems: { bookings: bookings.error?.message ?? null, participants: participants.error?.message ?? null },
    refetch,
    reload,
  };
}

/** Remembers when a snapshot was asked for: events from then on are newer than it. */
function asked<T>(get: (signal?: AbortSignal) => Promise<T>) {
  return async ({ signal }: { signal: AbortSignal }) => {
    const requestedAt = Date.now();
    return { answer: await get(signal), requestedAt };
  };
}

/** From which number to which the list reaches. */
function extent({ bookings, totalItems }: Page, requestedAt: number): Loaded {
  const numbers = bookings.map((booking) => booking.seq);
  const whole = bookings.length >= totalItems;
  return { requestedAt, newest: Math.max(0, ...numbers), oldest: whole ? 0 : Math.min(...numbers) };
}

/** Many arrivals at once make one request. */
function useGathered(run: () => void): () => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(run, GATHER);
  }, [run]);
}
