// A whole conversation: stream, the line above the composer, composer. Give it the room as key.
import { useEffect, useRef } from "react";
import type { Person } from "@/lib/api/get-session";
import type { Extra, Outbox } from "@/lib/chat/outbox";
import { useConversation } from "@/lib/chat/use-conversation";
import { useMessageStatus } from "@/lib/chat/use-message-status";
import { useWaiting } from "@/lib/chat/use-outbox";
import { useUploads } from "@/lib/chat/use-uploads";
import type { Connection } from "@/lib/socket/connection";
import { useConnectionEvents } from "@/lib/socket/use-connection";
import { useNow } from "@/lib/use-now";
import { Loading } from "../loading";
import { words } from "../messages";
import { Problem } from "../problem";
import { Composer } from "./composer";
import { type Between, MessageList } from "./message-list";
import { words as inside } from "./messages";
import { useJump } from "./use-jump";

interface Props {
  connection: Connection | null;
  outbox: Outbox | null;
  roomId: string;
  me: Person;
  placeholder: string;
  /** Another number means: something was missed, read it again. */
  reload: number;
  /** Number of a message to be shown, as a search found it. */
  at?: number | undefined;
  /** What stands between the messages, oldest first. */
  between?: readonly Between[];
}

const NOTHING: readonly Between[] = [];

export function ConversationView({
  connection,
  outbox,
  roomId,
  me,
  placeholder,
  reload,
  at,
  between = NOTHING,
}: Props) {
  const open = useConversation(connection, roomId, me);
  const waiting = useWaiting(outbox, roomId);
  const now = useNow(60_000);
  const uploads = useUploads(connection, roomId);
  const { conversation, error, typing, viewers } = open;
  const onSeen = useMessageStatus(connection, roomId, me._id, conversation.messages);
  const { add, loadAfresh } = open;
  useEffect(
    () =>
      outbox?.subscribe((event) => {
        if (event.type === "sent" && event.sent.roomId === roomId)
          add({ ...event.sent, senderId: me._id, senderName: me.name ?? "" });
      }),
    [outbox, roomId, add, me],
  );
  useDoubts(connection, outbox, roomId, loadAfresh);
  useJump(conversation, at, open.loadOlder);
  const loadedFor = useRef(reload);
  useEffect(() => {
    if (loadedFor.current === reload) return;
    loadedFor.current = reload;
    loadAfresh();
  }, [reload, loadAfresh]);
  const send = (text: string, extra: Extra) => {
    outbox?.send(roomId, text, extra);
    open.doneTyping();
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {!conversation.loaded && !error ? (
        <div className="flex-1">
          <Loading />
        </div>
      ) : (
        <MessageList
          conversation={conversation}
          waiting={waiting}
          between={between}
          myId={me._id}
          now={now}
          onOlder={open.loadOlder}
          onAgain={(id) => outbox?.again(id)}
          onDrop={(id) => outbox?.drop(id)}
          onSeen={onSeen}
        />
      )}
      {error && (
        <div className="px-4 pb-1">
          <Problem text={error} onRetry={loadAfresh} />
        </div>
      )}
      <AboveComposer
        typing={typing}
        viewers={viewers}
        waiting={waiting.filter((entry) => entry.state === "waiting").length}
      />
      <Composer
        person={me._id}
        room={roomId}
        placeholder={placeholder}
        onSend={send}
        onTyping={open.sayTyping}
        uploads={uploads}
        staff={me.role === "admin"}
      />
    </div>
  );
}

/** A message that was taken back after it had gone out may be in the conversation all the same: that is read again. */
function useDoubts(connection: Connection | null, outbox: Outbox | null, roomId: string, loadAfresh: () => void) {
  const doubtful = useRef(false);
  useEffect(
    () =>
      outbox?.subscribe((event) => {
        if (event.type !== "withdrawn" || event.roomId !== roomId) return;
        if (connection?.snapshot.status === "connected") loadAfresh();
        else doubtful.current = true;
      }),
    [connection, outbox, roomId, loadAfresh],
  );
  useConnectionEvents(connection, (event) => {
    if (event.type !== "connected" || !doubtful.current) return;
    doubtful.current = false;
    loadAfresh();
  });
}

interface AboveProps {
  typing: readonly string[];
  viewers: readonly string[];
  waiting: number;
}

/** Always as high, so nothing moves when somebody starts to type. */
function AboveComposer({ typing, viewers, waiting }: AboveProps) {
  const [one, ...more] = typing;
  return (
    <div className="flex h-8 flex-none items-center gap-3 px-4 text-xs text-ink-3 md:px-5">
      {waiting > 0 && <p className="truncate text-warn-ink">{words.conversation.outbox(waiting)}</p>}
      {waiting === 0 && one !== undefined && (
        <p className="truncate">
          {more.length > 0 ? inside.several(inside.and(typing)) : words.conversation.typing(one)}
        </p>
      )}
      <p role="status" className="ml-auto truncate">
        {viewers.length > 0 && inside.viewing(viewers)}
      </p>
    </div>
  );
}
