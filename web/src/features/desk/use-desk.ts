// The desk's data: snapshots over HTTP, changes over the one socket, both into apply().
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { DESK_LIMITS } from "@/lib/freshness";
import type { Connection } from "@/lib/socket/connection";
import { useConnection, useConnectionEvents } from "@/lib/socket/use-connection";
import { type LiveState, useLive } from "@/lib/socket/use-live";
import { type Booking, getBookings } from "./get-bookings";
import { getParticipants } from "./get-participants";
import { apply, type ConversationUpdated, type CustomerAdded, type Desk, EMPTY } from "./state";

const GATHER = 300;

export interface DeskData {
  desk: Desk;
  connection: Connection | null;
  live: LiveState;
  loading: boolean;
  /** Why a part did not load; what was there stays. */
  problems: { bookings: string | null; participants: string | null };
  refetch: () => void;
  /** Another number after something was missed. */
  reload: number;
}

export function useDesk(openRoom: string | null): DeskData {
  const queries = useQueryClient();
  const [desk, dispatch] = useReducer(apply, EMPTY);
  const [reload, setReload] = useState(0);
  const connection = useConnection();
  const bookings = useQuery({ queryKey: ["desk", "bookings"], queryFn: asked(getBookings), structuralSharing: false });
  const participants = useQuery({
    queryKey: ["desk", "participants"],
    queryFn: asked(getParticipants),
    structuralSharing: false,
  });

  const refetch = useCallback(() => void queries.invalidateQueries({ queryKey: ["desk"] }), [queries]);
  const refetchSoon = useGathered(refetch);
  const live = useLive(connection, {
    limits: DESK_LIMITS,
    onMissed: (why) => {
      refetch();
      if (why === "behind") setReload((before) => before + 1);
    },
  });

  useEffect(() => {
    if (!bookings.data) return;
    const { answer, requestedAt } = bookings.data;
    dispatch({ type: "bookings_loaded", bookings: answer.bookings, requestedAt });
  }, [bookings.data]);
  useEffect(() => {
    if (!participants.data) return;
    const { answer, requestedAt } = participants.data;
    dispatch({ type: "participants_loaded", participants: answer, requestedAt });
  }, [participants.data]);

  /** What comes into the conversation that is looked at is seen: opening it again tells every other desk. */
  const seen = ({ roomId, unread }: ConversationUpdated) => {
    dispatch({ type: "conversation_opened", roomId });
    if (unread > 0 && document.visibilityState === "visible") connection?.tell("join_room", roomId);
  };
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

/** Many arrivals at once make one request. */
function useGathered(run: () => void): () => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(run, GATHER);
  }, [run]);
}
