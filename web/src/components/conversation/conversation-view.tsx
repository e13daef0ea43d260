// A whole conversation: stream, the line above the composer, composer. Give it the room as key.
import { useEffect, useMemo, useRef } from "react";
import { displayName, type Person } from "@/lib/api/get-session";
import type { Message } from "@/lib/chat/conversation";
import type { Outbox } from "@/lib/chat/outbox";
import type { Extra } from "@/lib/chat/outbox-store";
import { type Away, useAway } from "@/lib/chat/use-away";
import { useConversation } from "@/lib/chat/use-conversation";
import { useMessageStatus } from "@/lib/chat/use-message-status";
import { useSent, useWaiting } from "@/lib/chat/use-outbox";
import { useUploads } from "@/lib/chat/use-uploads";
import { lasting, midnight } from "@/lib/format/time";
import { useLanguage } from "@/lib/language";
import { onServerClock } from "@/lib/server-clock";
import type { Connection } from "@/lib/socket/connection";
import { useConnectionEvents } from "@/lib/socket/use-connection";
import { useNow } from "@/lib/use-now";
import { usePassed } from "@/lib/use-passed";
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
  /** What stands between the messages, oldest first. Null while that is not known: it is waited for, as all would move. */
  between: readonly Between[] | null;
}

const NOTHING: readonly Between[] = [];
const NOBODY: readonly string[] = [];
const PATIENCE = 2_000; // ms; then the messages are there without it
const today = (now: number) => midnight(onServerClock(now));

export function ConversationView({ connection, outbox, roomId, me, placeholder, reload, at, between }: Props) {
  const open = useConversation(connection, roomId, me);
  const staff = me.role === "admin";
  const patient = !usePassed(PATIENCE);
  const now = useNow(1_000, today);
  const uploads = useUploads(connection, me._id, roomId);
  const { conversation, error, typing, viewers } = open;
  const answering = staff ? typing.staff : NOBODY;
  const waiting = useWaiting(outbox, roomId, conversation.messages, me._id);
  const away = useAway(connection, conversation.messages.at(-1)?.seq ?? 0);
  const withAway = useMemo(
    () => withAbsence(between ?? NOTHING, away, conversation.messages, me._id),
    [between, away, conversation.messages, me._id],
  );
  const onSeen = useMessageStatus(connection, roomId, me._id, conversation.messages);
  const { loadAfresh } = open;
  useSent(outbox, (sent) => {
    if (sent.roomId === roomId) open.add({ ...sent, senderId: me._id, senderName: displayName(me) });
  });
  useDoubts(connection, outbox, roomId, loadAfresh);
  useJump(conversation, at, open.loadOlder);
  const loadedFor = useRef(reload);
  useEffect(() => {
    if (loadedFor.current === reload) return;
    loadedFor.current = reload;
    loadAfresh();
  }, [reload, loadAfresh]);
  const send = (box: Outbox) => (text: string, extra: Extra) => {
    box.send(roomId, text, extra);
    open.doneTyping();
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {(!conversation.loaded || (between === null && patient)) && !error ? (
        <div className="flex-1">
          <Loading onRetry={loadAfresh} />
        </div>
      ) : (
        <MessageList
          conversation={conversation}
          waiting={waiting}
          between={withAway}
          myId={me._id}
          house={!staff}
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
        typing={typing.names.filter((name) => !answering.includes(name))}
        answering={answering}
        viewers={viewers}
        waiting={waiting.filter((entry) => entry.state === "waiting").length}
      />
      <Composer
        person={me._id}
        room={roomId}
        placeholder={placeholder}
        onSend={outbox && send(outbox)}
        onTyping={open.sayTyping}
        uploads={uploads}
        staff={staff}
        answering={answering}
      />
    </div>
  );
}

/** Before the first message that came while the connection was gone, how long that was and how many came. */
function withAbsence(
  between: readonly Between[],
  away: Away | null,
  messages: readonly Message[],
  me: string,
): readonly Between[] {
  const missed = away
    ? messages.filter(({ seq, senderId }) => seq > away.after && seq <= away.upto && senderId !== me)
    : [];
  const [first] = missed;
  if (!away || !first) return between;
  const line = { key: "away", time: first.time, content: <AwayLine lapse={away.lapse} missed={missed.length} /> };
  return [
    ...between.filter(({ time }) => time <= first.time),
    line,
    ...between.filter(({ time }) => time > first.time),
  ];
}

function AwayLine({ lapse, missed }: { lapse: number; missed: number }) {
  useLanguage();
  return (
    <p className="my-2.5 flex items-center gap-3 text-tiny leading-[18px] font-[550] text-accent-ink">
      <span className="h-px flex-1 bg-accent-line" />
      {inside.away(lasting(lapse), missed)}
      <span className="h-px flex-1 bg-accent-line" />
    </p>
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

/** Three still dots: a sign that somebody types, for whom movement disturbs too. */
function Dots() {
  return (
    <span aria-hidden="true" className="flex flex-none gap-1 rounded-full bg-them px-2 py-1.5">
      <span className="size-1.5 rounded-full bg-ink-2" />
      <span className="size-1.5 rounded-full bg-ink-3" />
      <span className="size-1.5 rounded-full bg-line-2" />
    </span>
  );
}

interface AboveProps {
  typing: readonly string[];
  /** Colleagues who write an answer now. */
  answering: readonly string[];
  viewers: readonly string[];
  waiting: number;
}

/** Always as high, so nothing moves when somebody starts to type: two lines on a phone, and those of Bengali are higher.
 * Who of the staff writes stands where they are viewing. */
function AboveComposer({ typing, answering, viewers, waiting }: AboveProps) {
  return (
    <div className="flex h-8 flex-none items-center gap-3 px-4 text-xs text-ink-3 max-md:[&:lang(bn)]:h-10 md:px-5">
      {waiting > 0 && <p className="line-clamp-2 leading-4 text-warn-ink">{words.conversation.outbox(waiting)}</p>}
      {waiting === 0 && typing.length > 0 && (
        <p className="flex min-w-0 items-center gap-2">
          <Dots />
          <span className="truncate">{inside.typing(typing)}</span>
        </p>
      )}
      <p role="status" className="ml-auto truncate">
        {answering.length > 0 ? inside.writing(answering) : viewers.length > 0 && inside.viewing(viewers)}
      </p>
    </div>
  );
}
