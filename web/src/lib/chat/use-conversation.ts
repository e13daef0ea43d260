// An open conversation: joined, loaded, and kept true through reconnects. One per room: give the component a key.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { ApiError } from "@/lib/api/http";
import { words } from "@/lib/api/messages";
import { said } from "@/lib/api/said";
import type { Ack, Connection } from "@/lib/socket/connection";
import { useFramedEvents } from "@/lib/socket/use-connection";
import { useTimer } from "@/lib/use-timer";
import { apply, type Conversation, type MessageFact, type StatusFact } from "./conversation";
import { getHistory } from "./get-history";
import { leftConversation, useLeaving } from "./left-conversations";
import { type Typing, useTyping, useViewers } from "./use-others";

const TYPING_SAID = 2_000;
const ASK_AGAIN = 5_000;
const REFUSALS = ["forbidden", "not_found", "unauthorized"];
const NEVER = Number.NEGATIVE_INFINITY;

interface OpenConversation {
  conversation: Conversation;
  /** Why it could not be opened or loaded; what was there stays. */
  error: string | null;
  typing: Typing;
  /** Names of the other staff who have this conversation open, while we are connected. */
  viewers: readonly string[];
  loadOlder: () => void;
  loadAfresh: () => void;
  sayTyping: () => void;
  /** After sending: the next letter is said at once. */
  doneTyping: () => void;
  add: (row: MessageFact) => void;
}

interface Me {
  _id: string;
  name?: string | null;
}

export function useConversation(connection: Connection | null, roomId: string, me: Me): OpenConversation {
  const queries = useQueryClient();
  const [conversation, dispatch] = useReducer(apply, queries, () => leftConversation(queries, me._id, roomId));
  useLeaving(me._id, roomId, conversation);
  const [error, setError] = useState<string | null>(null);
  const typing = useTyping(connection, roomId, me._id);
  const viewers = useViewers(connection, roomId, me._id);
  const newest = useRef(0);
  const resets = useRef(0);
  const joins = useRef(0);
  // In the room by the server's word, and the page that was read behind it has come. A recovery brings what was missed
  // only to who is in the room: where a server died during the joining, nothing of it would ever come.
  const whole = useRef(false);
  const again = useTimer();

  const load = useCallback(
    async (type: "page_loaded" | "older_loaded", before?: number, joined?: () => boolean) => {
      newest.current += 1;
      const mine = newest.current;
      const begun = resets.current;
      try {
        const page = await getHistory(roomId, before);
        if (begun !== resets.current) return false;
        dispatch(type === "page_loaded" ? { type, ...page, joined: joined?.() ?? false } : { type, ...page, before });
        setError(null);
        return true;
      } catch (failure) {
        if (begun !== resets.current || mine !== newest.current) return false; // it was asked for again since
        whole.current = false;
        setError(sentence(failure));
        return false;
      }
    },
    [roomId],
  );

  const join = useCallback(
    async (afresh = false) => {
      if (!connection) return;
      if (afresh) resets.current += 1;
      joins.current += 1;
      const mine = joins.current;
      whole.current = false;
      dispatch({ type: "cut_off", doubted: afresh });
      again.stop();
      const ack = await connection.ask("join_room", roomId).catch(() => null);
      // Loaded after joining: whatever was said between the two comes as an event or in the page.
      const loaded = await load("page_loaded", undefined, () => ack?.ok === true && mine === joins.current);
      if (mine !== joins.current) return; // left, or joined anew: what holds on one connection may not on the next
      whole.current = loaded && ack?.ok === true;
      if (ack && !ack.ok) setError(said(ack.error));
      // Else nothing would be heard in it for as long as the connection lives; the next one joins anyway.
      const alive = connection.snapshot.status === "connected";
      if (alive && !whole.current && !isRefused(ack)) again.start(() => void join(), ASK_AGAIN);
    },
    [connection, roomId, load, again],
  );

  useEffect(() => {
    void load("page_loaded"); // shown at once, and read again once this tab hears what is said
    if (connection?.snapshot.status === "connected") void join();
    return () => {
      // Also who is away, or was cut off while joining: a recovery would bring them into the room that they were in.
      if (joins.current > 0) connection?.tellOnceConnected("leave_room", roomId);
      joins.current += 1;
    };
  }, [connection, roomId, join, load]);

  useFramedEvents(connection, (event) => {
    if (event.type === "connected") void (event.recovered && whole.current ? undefined : join());
    if (event.type !== "received") return;
    if (event.name === "reset") void join(true);
    // Whoever was opened by address before there was such a customer is there now.
    if (!whole.current && isOf(roomId, event.name, event.args[0])) void join();
    if (event.name === "receive_message" || event.name === "note_added") {
      const row = event.args[0] as Omit<MessageFact, "seq"> & { roomId: string; seq?: number };
      const seq = row.seq ?? event.seq;
      if (row.roomId !== roomId || seq === null) return;
      const note = event.name === "note_added";
      dispatch({ type: "message_arrived", row: { ...row, seq, ...(note && { note }) } });
    }
    if (event.name === "message_status") {
      const status = event.args[0] as StatusFact;
      if (status.roomId === roomId) dispatch({ type: "status_changed", status });
    }
  });

  const lastSaid = useRef(NEVER); // on the page's clock: the device's may be set back
  const sayTyping = () => {
    if (performance.now() - lastSaid.current < TYPING_SAID) return;
    lastSaid.current = performance.now();
    connection?.tell("typing", { userName: me.name ?? "", room: roomId });
  };

  const oldest = conversation.messages[0]?.seq;
  return {
    conversation,
    error,
    typing,
    viewers,
    sayTyping,
    doneTyping: () => {
      lastSaid.current = NEVER;
    },
    loadOlder: useCallback(() => void load("older_loaded", oldest), [load, oldest]),
    loadAfresh: useCallback(() => void join(), [join]),
    add: useCallback((row: MessageFact) => dispatch({ type: "message_arrived", row }), []),
  };
}

/** For good: the server had trouble where it says anything else, or nothing. */
const isRefused = (ack: Ack | null): boolean => ack?.ok === false && REFUSALS.includes(ack.code ?? "");

/** Whether it tells the desk that there is somebody: they have paid, or written. */
function isOf(roomId: string, name: string, told: unknown): boolean {
  if (name === "customer_added") return (told as { userId: string }).userId === roomId;
  return name === "conversation_updated" && (told as { roomId: string }).roomId === roomId;
}

function sentence(failure: unknown): string {
  return failure instanceof ApiError ? failure.message : words.unread;
}
