// The list of conversations: pages over HTTP, changes over the socket. The open list's first page is always loaded,
// whatever filter is chosen, for whoever waits stands first in it, and what is unread waits.
import {
  type InfiniteData,
  infiniteQueryOptions,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { type Dispatch, useCallback, useEffect } from "react";
import { askAnew } from "@/lib/api/ask-anew";
import { isAwaited } from "@/lib/api/is-awaited";
import type { Connection } from "@/lib/socket/connection";
import { useFramedEvents } from "@/lib/socket/use-connection";
import { type Conversations, type ConversationUpdated, conversationOf } from "./conversations";
import {
  type ConversationPage,
  type ConversationQuery,
  type Counts,
  getConversation,
  getConversations,
} from "./get-conversations";
import type { DeskEvent } from "./state";
import { useGathered } from "./use-gathered";

const JUST_NOW = 2_000;
export const OPEN: ConversationQuery = { filter: "open", unread: false };

interface Props {
  connection: Connection | null;
  conversations: Conversations;
  dispatch: Dispatch<DeskEvent>;
  me: string;
  query: ConversationQuery;
  openRoom: string | null;
}

export interface ConversationList {
  loading: boolean;
  problem: string | null;
  /** How many stand behind each filter; null before the first answer. */
  counts: Counts | null;
  /** The row of the conversation that is open is on its way. */
  looking: boolean;
  hasMore: boolean;
  loadMore: () => void;
  loadingMore: boolean;
}

export function useConversations({
  connection,
  conversations,
  dispatch,
  me,
  query,
  openRoom,
}: Props): ConversationList {
  const queries = useQueryClient();
  const base = usePages(OPEN, me, dispatch);
  const shown = usePages(query, me, dispatch);
  const row = useQuery({
    queryKey: ["desk", "conversation", openRoom],
    queryFn: ({ signal }) => getConversation(openRoom ?? "", signal),
    enabled: openRoom !== null,
    retry: false,
    structuralSharing: false,
  });
  const known = openRoom !== null && conversationOf(conversations, openRoom) !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: also when a list that got too long has let it go
  useEffect(() => {
    const one = row.data?.rows[0];
    if (one) dispatch({ type: "conversation_loaded", row: one });
  }, [row.data, known, dispatch]);

  const whole = holdsAllWhoWait(base.data);
  const refetch = useCallback(() => askAnew(queries, ["desk", "conversations"]), [queries]);
  const refetchSoon = useGathered(refetch);
  useFramedEvents(connection, (event) => {
    if (event.type !== "received" || event.seq === null) return;
    // Who is new, or was closed, changes the counts; so does who is read or writes, where not all are here to be counted.
    // Of whom only a booking is known, as of who has said nothing yet, the row does not say what is unread.
    if (event.name === "conversation_updated") {
      const { roomId, status, unread } = event.args[0] as ConversationUpdated;
      const row = conversationOf(conversations, roomId);
      const told = row?.lastMessage && row.unread > 0 === unread > 0;
      if (row?.status !== status || (!whole && !told)) refetchSoon();
    }
    if (event.name === "conversation_changed") refetchSoon();
  });

  const counts = newest(base.data, shown.data)?.counts ?? null;
  return {
    loading: shown.isPending,
    problem: shown.error?.message ?? null,
    counts: counts && whole ? { ...counts, unread: unreadOf(conversations) } : counts,
    looking: openRoom !== null && !known && (isAwaited(row) || row.data?.rows[0] !== undefined),
    hasMore: shown.hasNextPage,
    loadMore: () => void shown.fetchNextPage(),
    loadingMore: shown.isFetchingNextPage,
  };
}

export const pagesQuery = ({ filter, unread }: ConversationQuery) =>
  infiniteQueryOptions({
    queryKey: ["desk", "conversations", filter, unread],
    queryFn: ({ pageParam, signal }) => getConversations({ filter, unread }, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextAfter,
    structuralSharing: false,
    staleTime: JUST_NOW,
  });

function usePages(query: ConversationQuery, me: string, dispatch: Dispatch<DeskEvent>) {
  const { filter, unread } = query;
  const pages = useInfiniteQuery(pagesQuery(query));
  const { data } = pages;
  useEffect(() => {
    const loaded = conversationsLoaded(data, { filter, unread }, me);
    if (loaded) dispatch(loaded);
  }, [data, filter, unread, me, dispatch]);
  return pages;
}

/** What a list's answer tells the desk; null before there is one. */
export function conversationsLoaded(
  data: InfiniteData<ConversationPage> | undefined,
  query: ConversationQuery,
  me: string,
): DeskEvent | null {
  const last = data?.pages.at(-1);
  if (!data || !last) return null;
  const page = {
    rows: data.pages.flatMap(({ rows }) => rows),
    hasMore: last.hasMore,
    // A later page knows more, and an earlier one only what was so then.
    asOf: Math.min(...data.pages.map(({ asOf }) => asOf)),
    query,
    me,
  };
  return { type: "conversations_loaded", page };
}

/** Whether the pages go on beyond those who wait: then all that is unread is here, and events alone keep its count. */
function holdsAllWhoWait(data: InfiniteData<ConversationPage> | undefined): boolean {
  const last = data?.pages.at(-1);
  return last !== undefined && (!last.hasMore || last.rows.at(-1)?.waiting === null);
}

const unreadOf = (all: Conversations) => Object.values(all).filter(({ unread }) => unread > 0).length;

function newest(...all: (InfiniteData<ConversationPage> | undefined)[]): ConversationPage | undefined {
  return all
    .flatMap((data) => data?.pages ?? [])
    .reduce<ConversationPage | undefined>((one, other) => (one && one.asOf > other.asOf ? one : other), undefined);
}
