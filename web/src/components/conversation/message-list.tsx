// The stream of a conversation: history first, then what came after it was opened, which screen readers speak.
// However long the conversation is, no more than a window of it is in the page; what is being read stays in its place,
// to the pixel, while rows are added above or taken away (use-stream.ts).
import { ArrowDown } from "lucide-react";
import { Fragment } from "react";
import type { Conversation, Message } from "@/lib/chat/conversation";
import type { Shown } from "@/lib/chat/outbox";
import { dayName, sameDay } from "@/lib/format/time";
import { words as shared } from "../messages";
import { MessageRow, WaitingRow } from "./message-row";
import { words } from "./messages";
import { useStream } from "./use-stream";

interface Props {
  conversation: Conversation;
  waiting: readonly Shown[];
  myId: string;
  now: number;
  onOlder: () => void;
  onAgain: (id: string) => void;
  onDrop: (id: string) => void;
  /** Number of the newest message that was painted in a visible tab. */
  onSeen: (seq: number) => void;
}

export function MessageList({ conversation, waiting, myId, now, onOlder, onAgain, onDrop, onSeen }: Props) {
  const { messages, hasMore, loaded, opened } = conversation;
  const stream = useStream({ messages, waiting: waiting.length, hasMore: hasMore && loaded, onOlder, onSeen });
  const history = stream.shown.filter((message) => message.seq <= opened);
  const later = stream.shown.filter((message) => message.seq > opened);
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <section
        ref={stream.element}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        aria-label={shared.conversation.label}
        className="relative min-h-0 flex-1 overflow-y-auto px-3 py-2 [overflow-anchor:none] md:px-5"
      >
        <div className="flex min-h-full flex-col justify-end">
          {(hasMore || stream.above) && (
            <button type="button" className="btn btn-line btn-small mx-auto my-2" onClick={stream.older}>
              {shared.conversation.older}
            </button>
          )}
          {loaded && messages.length + waiting.length === 0 && (
            <p className="m-auto py-8 text-ink-3">{shared.conversation.none}</p>
          )}
          <ul aria-label={words.history}>
            <Rows rows={history} next={later[0]} myId={myId} now={now} />
          </ul>
          <div
            role="log"
            aria-label={shared.conversation.new}
            aria-live={stream.following ? "polite" : "off"}
            aria-relevant="additions"
          >
            <ul>
              <Rows rows={later} before={history.at(-1)} myId={myId} now={now} />
            </ul>
          </div>
          {!stream.below &&
            waiting.map((entry) => <WaitingRow key={entry.id} entry={entry} onAgain={onAgain} onDrop={onDrop} />)}
        </div>
      </section>
      {stream.away && (
        <button
          type="button"
          onClick={stream.toNewest}
          className="btn btn-line btn-small absolute bottom-2 left-1/2 -translate-x-1/2 bg-surface shadow-2"
        >
          <ArrowDown size={14} strokeWidth={1.75} aria-hidden="true" />
          {stream.unread > 0 ? words.newBelow(stream.unread) : words.newest}
        </button>
      )}
    </div>
  );
}

interface RowsProps {
  rows: readonly Message[];
  before?: Message | undefined;
  next?: Message | undefined;
  myId: string;
  now: number;
}

function Rows({ rows, before, next, myId, now }: RowsProps) {
  return rows.map((message, place) => {
    const above = rows[place - 1] ?? before;
    return (
      <Fragment key={message.key}>
        {(!above || !sameDay(above.time, message.time)) && <DayLine name={dayName(message.time, now)} />}
        <MessageRow
          message={message}
          mine={message.senderId === myId}
          goesOn={goesOn(message, rows[place + 1] ?? next, myId)}
        />
      </Fragment>
    );
  });
}

const TOGETHER = 3 * 60_000;

/** One line of name, time and ticks for what belongs together and got equally far. */
function goesOn(message: Message, next: Message | undefined, myId: string): boolean {
  return (
    next?.senderId === message.senderId &&
    next.note === message.note &&
    (next.senderId !== myId || next.status === message.status) &&
    next.time - message.time < TOGETHER &&
    sameDay(message.time, next.time)
  );
}

function DayLine({ name }: { name: string }) {
  return (
    <li className="my-2.5 flex items-center gap-3 text-[11px] leading-[18px] font-[550] text-ink-3">
      <span className="h-px flex-1 bg-line" />
      {name}
      <span className="h-px flex-1 bg-line" />
    </li>
  );
}
