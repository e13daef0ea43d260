// The desk's data: snapshots over HTTP, changes over the one socket, both into apply().
import { type QueryClient, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { type RefObject, useCallback, useEffect, useReducer, useRef, useState } from "react";
import { askAnew } from "@/lib/api/ask-anew";
import { DESK_LIMITS } from "@/lib/freshness";
import { outdated, type Presence } from "@/lib/presence/presence";
import { useAttention, usePresence } from "@/lib/presence/use-presence";
import type { Connection, ConnectionEvent } from "@/lib/socket/connection";
import { useConnection, useFramedEvents, useGatheredEvents } from "@/lib/socket/use-connection";
import { type LiveState, useLive } from "@/lib/socket/use-live";
import type { ConversationChanged, ConversationUpdated } from "./conversations";
import { type Booking, getBookings, PAGE, type Page } from "./get-bookings";
import type { Conversation, ConversationQuery } from "./get-conversations";
import type { ReceiptAlarm } from "./get-receipt-state";
import type { Loaded } from "./shown";
import { apply, type CustomerAdded, type Desk, type DeskEvent, EMPTY, type Heard } from "./state";
import { type ConversationList, conversationsLoaded, OPEN, pagesQuery, useConversations } from "./use-conversations";
import { useDelivered } from "./use-delivered";
import { useGathered } from "./use-gathered";
import { useReceiptAlarm } from "./use-receipt-alarm";
import { useShown } from "./use-shown";

const MOST_PAGES = 200; // the bookings of a weekend without a desk: an alarm that older ones rang could not be ended
const JUST_NOW = 2_000;
const BOOKINGS = ["desk", "bookings"];

export interface DeskData {
  desk: Desk;
  connection: Connection | null;
  live: LiveState;
  alarm: ReceiptAlarm | null;
  /** Null while the page does not know who is there. */
  presence: Presence | null;
  loading: boolean;
  /** Why the bookings did not load; what was there stays. */
  problem: string | null;
  list: ConversationList;
  /** The server has answered a change of a conversation with its row. */
  changed: (row: Conversation) => void;
  refetch: () => void;
  /** Another number after something was missed. */
  reload: number;
}

interface Options {
  me: string;
  /** Which conversations are listed. */
  query: ConversationQuery;
  openRoom: string | null;
  /** Where the bookings are shown. */
  list: RefObject<HTMLElement | null>;
}

export function useDesk({ me, query, openRoom, list }: Options): DeskData {
  const queries = useQueryClient();
  const [desk, dispatch] = useReducer(apply, queries, (queries) => warmed(queries, me));
  const [reload, setReload] = useState(0);
  const connection = useConnection();
  const presence = usePresence(connection);
  useAttention(connection);
  const pages = useRef(1);
  const bookings = useQuery(bookingsQuery(() => pages.current));
  const conversations = useConversations({
    ...{ connection, dispatch, me, query, openRoom },
    conversations: desk.conversations,
  });

  const refetch = useCallback(() => askAnew(queries, ["desk"]), [queries]);
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
      void refetch();
    },
  });

  useEffect(() => {
    if (!bookings.data) return;
    const { answer, pageTime } = bookings.data;
    dispatch(bookingsLoaded(bookings.data));
    setLoaded(extent(answer, pageTime));
  }, [bookings.data]);

  const alarm = useReceiptAlarm(connection, live.now);
  // A booking that nobody has seen may stand below the end of the list: then the list grows until it is in it.
  // As many pages at once as they fill: a page at a time each answer would be read again for the next.
  const unseen = alarm !== null && alarm.unseen > 0 ? alarm.oldest : null;
  const filled = Math.ceil((alarm?.unseen ?? 0) / PAGE);
  useEffect(() => {
    if (unseen === null) pages.current = 1;
    else if (loaded !== null && unseen < loaded.oldest && pages.current < MOST_PAGES) {
      pages.current = Math.min(MOST_PAGES, Math.max(pages.current + 1, filled));
      void askAnew(queries, BOOKINGS);
    }
  }, [unseen, filled, loaded, queries]);

  const delivered = useDelivered(connection);
  useGatheredEvents(connection, (events) => {
    const at = Date.now();
    const news = events.flatMap((event) => heard(event, at));
    if (news.length > 0) dispatch({ type: "heard", events: news });
    if (events.some(isOfMoney)) refetchSoon();
  });
  useFramedEvents(connection, (event) => {
    if (event.type !== "received") return;
    if (event.name === "reset") dispatch({ type: "reset" });
    if (event.name === "conversation_updated") {
      const { roomId, seq, lastMessage, read } = event.args[0] as ConversationUpdated;
      if (lastMessage.senderId === roomId && !read) delivered(roomId, seq);
    }
  });
  const changed = useCallback((row: Conversation) => dispatch({ type: "conversation_loaded", row }), []);

  return {
    desk,
    connection,
    live,
    alarm,
    presence: live.freshness === "live" || live.freshness === "checking" ? presence : outdated(presence, live.lastLive),
    loading: bookings.isPending,
    problem: bookings.error?.message ?? null,
    list: conversations,
    changed,
    refetch,
    reload,
  };
}

/** The newest bookings; what was asked for a moment ago, while the page was loading, is not asked for again. */
export const bookingsQuery = (pages: () => number) =>
  queryOptions({
    queryKey: BOOKINGS,
    queryFn: asked((signal) => getBookings(pages(), signal)),
    structuralSharing: false,
    staleTime: JUST_NOW,
  });

/** With what has come while the scripts were being read: the first drawing has rows then, and need not be done twice. */
function warmed(queries: QueryClient, me: string): Desk {
  const bookings = queries.getQueryData(bookingsQuery(() => 1).queryKey);
  const loaded = conversationsLoaded(queries.getQueryData(pagesQuery(OPEN).queryKey), OPEN, me);
  const desk = bookings ? apply(EMPTY, bookingsLoaded(bookings)) : EMPTY;
  return loaded ? apply(desk, loaded) : desk;
}

/** After it figures, counts and lists of the server's are not what they were: every one that stands on the desk. */
const isOfMoney = (event: ConnectionEvent): boolean =>
  event.type === "received" && ["customer_added", "booking_updated", "payment_updated"].includes(event.name);

/** What an event of the socket says of the lists. */
function heard(event: ConnectionEvent, at: number): Heard[] {
  if (event.type !== "received") return [];
  const { name, args, seq } = event;
  if (name === "booking_updated") return [{ type: name, booking: args[0] as Booking, at }];
  if (seq === null) return [];
  if (name === "customer_added") return [{ type: name, booking: args[0] as CustomerAdded, seq, at }];
  if (name === "conversation_updated") return [{ type: name, update: args[0] as ConversationUpdated, seq, at }];
  if (name === "conversation_changed") return [{ type: name, update: args[0] as ConversationChanged, seq, at }];
  return [];
}

function bookingsLoaded({ answer, requestedAt }: { answer: Page; requestedAt: number }): DeskEvent {
  return { type: "bookings_loaded", bookings: answer.bookings, requestedAt };
}

/** Remembers when a snapshot was asked for, by the device's clock and by the page's: events from then on are newer. */
function asked<T>(get: (signal: AbortSignal) => Promise<T>) {
  return async ({ signal }: { signal: AbortSignal }) => {
    const [requestedAt, pageTime] = [Date.now(), performance.now()];
    return { answer: await get(signal), requestedAt, pageTime };
  };
}

/** From which number to which the list reaches. */
function extent({ bookings, totalItems }: Page, requestedAt: number): Loaded {
  const numbers = bookings.map((booking) => booking.seq);
  const whole = bookings.length >= totalItems;
  return { requestedAt, newest: Math.max(0, ...numbers), oldest: whole ? 0 : Math.min(...numbers) };
}
