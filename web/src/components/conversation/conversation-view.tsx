// A whole conversation: stream, the line above the composer, composer. Give it the room as key.
import { useEffect, useRef } from "react";
import type { Person } from "@/lib/api/get-session";
import type { Outbox } from "@/lib/chat/outbox";
import { useConversation } from "@/lib/chat/use-conversation";
import { useWaiting } from "@/lib/chat/use-outbox";
import type { Connection } from "@/lib/socket/connection";
import { useNow } from "@/lib/use-now";
import { Loading } from "../loading";
import { words } from "../messages";
import { Problem } from "../problem";
import { Composer } from "./composer";
import { MessageList } from "./message-list";
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
}

export function ConversationView({ connection, outbox, roomId, me, placeholder, reload, at }: Props) {
  const open = useConversation(connection, roomId, me.name ?? "");
  const waiting = useWaiting(outbox, roomId);
  const now = useNow(60_000);
  const { conversation, error, typing } = open;
  const { add, loadAfresh } = open;
  useEffect(
    () =>
      outbox?.subscribe((sent) => {
        if (sent.roomId === roomId) add({ ...sent, senderId: me._id, senderName: me.name ?? "" });
      }),
    [outbox, roomId, add, me],
  );
  useJump(conversation, at, open.loadOlder);
  const loadedFor = useRef(reload);
  useEffect(() => {
    if (loadedFor.current === reload) return;
    loadedFor.current = reload;
    loadAfresh();
  }, [reload, loadAfresh]);
  const send = (text: string) => {
    outbox?.send(roomId, text);
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
          myId={me._id}
          now={now}
          onOlder={open.loadOlder}
          onAgain={(id) => outbox?.again(id)}
          onDrop={(id) => outbox?.drop(id)}
        />
      )}
      {error && (
        <div className="px-4 pb-1">
          <Problem text={error} onRetry={loadAfresh} />
        </div>
      )}
      <AboveComposer typing={typing} waiting={waiting.filter((entry) => entry.state === "waiting").length} />
      <Composer person={me._id} room={roomId} placeholder={placeholder} onSend={send} onTyping={open.sayTyping} />
    </div>
  );
}

/** Always as high, so nothing moves when somebody starts to type. */
function AboveComposer({ typing, waiting }: { typing: string | null; waiting: number }) {
  return (
    <div className="flex h-8 flex-none items-center px-4 text-xs text-ink-3 md:px-5">
      {waiting > 0 && <p className="truncate text-warn-ink">{words.conversation.outbox(waiting)}</p>}
      {waiting === 0 && typing && <p className="truncate">{words.conversation.typing(typing)}</p>}
    </div>
  );
}
