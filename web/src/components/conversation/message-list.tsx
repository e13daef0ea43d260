// The stream of a conversation: history first, then what came after it was opened, which screen readers speak.
// However long the conversation is, no more than a window of it is in the page; what is being read stays in its place,
// to the pixel, while rows are added above or taken away (use-stream.ts).
import { ArrowDown } from "lucide-react";
import { Fragment, type ReactNode } from "react";
import type { Conversation, Message } from "@/lib/chat/conversation";
import type { Shown } from "@/lib/chat/outbox";
import { dayName, sameDay } from "@/lib/format/time";
import { words as shared } from "../messages";
import { PassingButton } from "../passing-button";
import { MessageRow, WaitingRow } from "./message-row";
import { words } from "./messages";
import { useStream } from "./use-stream";

/** Something of its own time among the messages: a payment. */
export interface Between {
  key: string;
  /** ms since 1970. */
  time: number;
  content: ReactNode;
}

interface Props {
  conversation: Conversation;
  waiting: readonly Shown[];
  between: readonly Between[];
  myId: string;
  /** Whether a customer reads: to them the house is one person, whoever of the staff has written. */
  house: boolean;
  now: number;
  onOlder: () => void;
  onAgain: (id: string) => void;
  onDrop: (id: string) => void;
  /** Number of the newest message that was painted in a visible tab. */
  onSeen: (seq: number) => void;
}

export function MessageList({
  conversation,
  waiting,
  between,
  now,
  onOlder,
  onAgain,
  onDrop,
  onSeen,
  ...reader
}: Props) {
  const { messages, hasMore, loaded, opened } = conversation;
  const added = waiting.length + between.length;
  // Back leads to where this conversation was read, but not past what has come since.
  const place = `messages to ${messages.at(-1)?.seq}`;
  const stream = useStream({ messages, place, added, hasMore: hasMore && loaded, onOlder, onSeen });
  const whole = !hasMore && !stream.above; // what is older than the first message stands on a page that is not here
  const from = whole ? Number.NEGATIVE_INFINITY : (stream.shown[0]?.time ?? Number.POSITIVE_INFINITY);
  const upto = stream.below ? (stream.shown.at(-1)?.time ?? 0) : Number.POSITIVE_INFINITY;
  const known = loaded ? between.filter(({ time }) => time >= from && time <= upto) : [];
  const items = inOrder(stream.shown, known);
  const first = items.findIndex(({ message }) => message !== undefined && message.seq > opened);
  const history = first < 0 ? items : items.slice(0, first);
  const later = first < 0 ? [] : items.slice(first);
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <section
        ref={stream.element}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        aria-label={shared.conversation.label}
        data-scroll-restoration-id={place}
        className="relative min-h-0 flex-1 overflow-y-auto px-3 py-2 [overflow-anchor:none] md:px-5"
      >
        <div className="flex min-h-full flex-col justify-end">
          {(hasMore || stream.above) && (
            <PassingButton className="btn btn-line btn-small mx-auto my-2" onClick={stream.older}>
              {shared.conversation.older}
            </PassingButton>
          )}
          {loaded && messages.length + added === 0 && (
            <p className="m-auto py-8 text-ink-3">{shared.conversation.none}</p>
          )}
          <ul aria-label={words.history}>
            <Rows items={history} next={later[0]} now={now} {...reader} />
          </ul>
          <div
            role="log"
            aria-label={shared.conversation.new}
            aria-live={stream.following ? "polite" : "off"}
            aria-relevant="additions"
          >
            <ul>
              <Rows items={later} before={history.at(-1)} now={now} {...reader} />
            </ul>
          </div>
          {!stream.below &&
            waiting.map((entry) => <WaitingRow key={entry.id} entry={entry} onAgain={onAgain} onDrop={onDrop} />)}
        </div>
      </section>
      {stream.away && (
        <PassingButton
          onClick={stream.toNewest}
          className="btn btn-line btn-small absolute bottom-2 left-1/2 -translate-x-1/2 bg-surface shadow-2"
        >
          <ArrowDown size={14} strokeWidth={1.75} aria-hidden="true" />
          {stream.unread > 0 ? words.newBelow(stream.unread) : words.newest}
        </PassingButton>
      )}
    </div>
  );
}

interface Item {
  key: string;
  time: number;
  message?: Message;
  content?: ReactNode;
}

/** Messages in their order, and what is between them where its time is. */
export function inOrder(messages: readonly Message[], between: readonly Between[]): Item[] {
  const items: Item[] = [];
  const rest = [...between];
  for (const message of messages) {
    while (rest[0] && rest[0].time <= message.time) items.push(rest.shift() as Between);
    items.push({ key: message.key, time: message.time, message });
  }
  return [...items, ...rest];
}

interface RowsProps {
  items: readonly Item[];
  before?: Item | undefined;
  next?: Item | undefined;
  myId: string;
  house: boolean;
  now: number;
}

function Rows({ items, before, next, myId, house, now }: RowsProps) {
  return items.map(({ key, time, message, content }, place) => {
    const above = items[place - 1] ?? before;
    const below = (items[place + 1] ?? next)?.message;
    return (
      <Fragment key={key}>
        {(!above || !sameDay(above.time, time)) && <DayLine name={dayName(time, now)} />}
        {content && <li>{content}</li>}
        {message && (
          <MessageRow
            message={message}
            mine={message.senderId === myId}
            house={house}
            goesOn={goesOn(message, below, myId, house)}
          />
        )}
      </Fragment>
    );
  });
}

const TOGETHER = 3 * 60_000;

/** One line of name, time and ticks for what belongs together and got equally far. */
function goesOn(message: Message, next: Message | undefined, myId: string, house: boolean): boolean {
  const sender = ({ senderId }: Message) => (house ? senderId === myId : senderId);
  return (
    next !== undefined &&
    sender(next) === sender(message) &&
    next.note === message.note &&
    (next.senderId !== myId || next.status === message.status) &&
    next.time - message.time < TOGETHER &&
    sameDay(message.time, next.time)
  );
}

function DayLine({ name }: { name: string }) {
  return (
    <li className="my-2.5 flex items-center gap-3 text-tiny leading-[18px] font-[550] text-ink-3">
      <span className="h-px flex-1 bg-line" />
      {name}
      <span className="h-px flex-1 bg-line" />
    </li>
  );
}
