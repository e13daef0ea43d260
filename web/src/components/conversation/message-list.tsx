// The stream of a conversation: history first, then what came after it was opened, which screen readers speak.
import { Fragment, useEffect, useLayoutEffect, useRef } from "react";
import type { Conversation, Message } from "@/lib/chat/conversation";
import type { Shown } from "@/lib/chat/outbox";
import { dayName, sameDay } from "@/lib/format/time";
import { words } from "../messages";
import { MessageRow, WaitingRow } from "./message-row";

interface Props {
  conversation: Conversation;
  waiting: readonly Shown[];
  myId: string;
  now: number;
  onOlder: () => void;
  onAgain: (id: string) => void;
  onDrop: (id: string) => void;
}

export function MessageList({ conversation, waiting, myId, now, onOlder, onAgain, onDrop }: Props) {
  const { messages, hasMore, loaded, opened } = conversation;
  const stream = useBottom(messages.length + waiting.length, messages[0]?.seq);
  const history = messages.filter((message) => message.seq <= opened);
  const later = messages.filter((message) => message.seq > opened);
  return (
    <section
      ref={stream}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
      aria-label={words.conversation.label}
      className="min-h-0 flex-1 overflow-y-auto px-3 py-2 md:px-5"
    >
      <div className="flex min-h-full flex-col justify-end">
        {hasMore && (
          <button type="button" className="btn btn-line btn-small mx-auto my-2" onClick={onOlder}>
            {words.conversation.older}
          </button>
        )}
        {loaded && messages.length + waiting.length === 0 && (
          <p className="m-auto py-8 text-ink-3">{words.conversation.none}</p>
        )}
        <Rows rows={history} myId={myId} now={now} />
        <div role="log" aria-label={words.conversation.new} aria-live="polite" aria-relevant="additions">
          <Rows rows={later} before={history.at(-1)} myId={myId} now={now} />
        </div>
        {waiting.map((entry) => (
          <WaitingRow key={entry.id} entry={entry} onAgain={onAgain} onDrop={onDrop} />
        ))}
      </div>
    </section>
  );
}

interface RowsProps {
  rows: readonly Message[];
  before?: Message | undefined;
  myId: string;
  now: number;
}

function Rows({ rows, before, myId, now }: RowsProps) {
  return rows.map((message, place) => {
    const above = rows[place - 1] ?? before;
    return (
      <Fragment key={message.key}>
        {(!above || !sameDay(above.time, message.time)) && <DayLine name={dayName(message.time, now)} />}
        <MessageRow message={message} mine={message.senderId === myId} goesOn={goesOn(message, rows[place + 1])} />
      </Fragment>
    );
  });
}

const TOGETHER = 3 * 60_000;

function goesOn(message: Message, next: Message | undefined): boolean {
  return next?.senderId === message.senderId && next.time - message.time < TOGETHER && sameDay(message.time, next.time);
}

function DayLine({ name }: { name: string }) {
  return (
    <p className="my-2.5 flex items-center gap-3 text-[11px] leading-[18px] font-[550] text-ink-3">
      <span className="h-px flex-1 bg-line" />
      {name}
      <span className="h-px flex-1 bg-line" />
    </p>
  );
}

/** Stays at the bottom while the reader is there; older messages put above leave what is being read in its place. */
function useBottom(length: number, oldest: number | undefined) {
  const element = useRef<HTMLElement>(null);
  const atBottom = useRef(true);
  const height = useRef(0);
  const top = useRef(oldest);
  useEffect(() => {
    const stream = element.current;
    if (!stream) return;
    const look = () => {
      atBottom.current = stream.scrollHeight - stream.scrollTop - stream.clientHeight < 60;
    };
    stream.addEventListener("scroll", look, { passive: true });
    return () => stream.removeEventListener("scroll", look);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when rows came, which is what `length` says
  useLayoutEffect(() => {
    const stream = element.current;
    if (!stream) return;
    if (atBottom.current) stream.scrollTop = stream.scrollHeight;
    else if (oldest !== top.current) stream.scrollTop += stream.scrollHeight - height.current;
    height.current = stream.scrollHeight;
    top.current = oldest;
  }, [length, oldest]);
  return element;
}
