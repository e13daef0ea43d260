// The customers, one row each. Placed by transform: who comes on top, or moves there, pushes nobody by layout.
import { type MouseEvent, memo, type RefObject, Suspense, useCallback, useState } from "react";
import { Avatar } from "@/components/avatar";
import { PresenceDot } from "@/components/presence-dot";
import { RowLink } from "@/components/row-link";
import { useNames } from "@/lib/catalogue";
import { useDrafts } from "@/lib/chat/use-draft";
import { money } from "@/lib/format/money";
import { numeral } from "@/lib/format/number";
import { age, lasting } from "@/lib/format/time";
import { rowOf } from "@/lib/keys/rows";
import { writtenIn } from "@/lib/language";
import { lazily } from "@/lib/lazily";
import { type KnownState, type Presence, stateOf } from "@/lib/presence/presence";
import { onServerClock } from "@/lib/server-clock";
import { BookingState } from "./booking-state";
import { type ConversationRow, conversationOf } from "./conversations";
import type { Conversation } from "./get-conversations";
import { VirtualList } from "./lists/virtual-list";
import { words } from "./messages";
import { fullName } from "./names";
import { paidAt } from "./row-clock";
import type { BookingRow, Desk } from "./state";

const RowMenu = lazily(async () => (await import("./row-menu")).RowMenu);

const FRESH = 8_000;

/** How high a row is. */
export const PERSON = 81;

interface Props {
  box: RefObject<HTMLElement | null>;
  rows: readonly ConversationRow[];
  desk: Desk;
  presence: Presence | null;
  openRoom: string | null;
  now: number;
  me: string;
  onChanged: (row: Conversation) => void;
}

/** Which row's menu is open, and where in the window. */
interface Menu {
  room: string;
  at: { x: number; y: number };
}

export function PeopleList({ box, rows, desk, presence, openRoom, now, me, onChanged }: Props) {
  const draftOf = useDrafts(me);
  const [menu, setMenu] = useState<Menu | null>(null);
  const onMenu = useCallback((room: string, event: MouseEvent<HTMLElement>) => {
    event.preventDefault();
    setMenu({ room, at: { x: event.clientX, y: event.clientY } });
  }, []);
  const chosen = menu && conversationOf(desk.conversations, menu.room);
  const newest = new Map<string, BookingRow>();
  for (const booking of desk.bookings) if (!newest.has(booking.userId)) newest.set(booking.userId, booking);
  return (
    <>
      <VirtualList
        box={box}
        label={words.people}
        total={rows.length}
        rowHeight={PERSON}
        keyOf={(index) => rows[index]?._id ?? String(index)}
        rowRole="listitem"
      >
        {(index) => {
          const row = rows[index];
          if (!row) return null;
          return (
            <Row
              row={row}
              presence={stateOf(presence, row._id)}
              booking={newest.get(row._id)}
              open={row._id === openRoom}
              draft={draftOf(row._id)}
              me={me}
              onMenu={onMenu}
              {...clockOf(row, newest.get(row._id), now)}
            />
          );
        }}
      </VirtualList>
      {menu && chosen && (
        <Suspense>
          <RowMenu
            key={menu.room}
            row={chosen}
            at={menu.at}
            me={me}
            onChanged={onChanged}
            onClose={() => setMenu(null)}
          />
        </Suspense>
      )}
    </>
  );
}

/** What of a row depends on the clock: it is drawn anew only when this changes. */
interface Clock {
  when: string;
  waits: string;
  fresh: boolean;
}

function clockOf(row: ConversationRow, booking: BookingRow | undefined, now: number): Clock {
  const { lastMessage, waitingSince, movedAt } = row;
  const at = lastMessage ? Date.parse(lastMessage.time) : booking ? paidAt(booking) : null;
  return {
    when: at === null ? "" : age(at, onServerClock(now)),
    waits: waitingSince === null ? "" : lasting(onServerClock(now) - Date.parse(waitingSince)),
    fresh: movedAt !== null && now - movedAt < FRESH,
  };
}

interface RowProps extends Clock {
  row: ConversationRow;
  presence: KnownState | null;
  booking: BookingRow | undefined;
  open: boolean;
  /** What has been begun to be written; empty where nothing is. */
  draft: string;
  me: string;
  onMenu: (room: string, event: MouseEvent<HTMLElement>) => void;
}

const Row = memo(function Row({ row, presence, booking, open, draft, me, onMenu, when, waits, fresh }: RowProps) {
  const names = useNames();
  const name = fullName(row);
  const { unread, assignee, lastMessage } = row;
  const paid = booking && words.paidNow(money(booking.amountPaid, booking.currency), names(booking.serviceName));
  return (
    <div
      className={`arrival h-full border-b border-line ${fresh ? "arrival-new" : ""} ${open ? "bg-selected" : ""}`}
      data-participant={row._id}
    >
      {open && <span className="absolute inset-y-0 left-0 w-[3px] bg-brand" aria-hidden="true" />}
      <RowLink
        to="/dashboard"
        search={{ view: "chat", with: row._id }}
        aria-current={open ? "true" : undefined}
        {...rowOf(row._id)}
        onContextMenu={(event) => onMenu(row._id, event)}
        className="flex h-full items-center gap-2.5 py-2 pr-3 pl-3.5 text-ink -outline-offset-2 hover:bg-hover hover:no-underline"
      >
        <span className="relative flex-none">
          <Avatar id={row._id} name={name} />
          <PresenceDot state={presence} />
        </span>
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-2">
            <span className={`min-w-0 flex-1 truncate ${unread ? "font-[650]" : "font-[550]"}`} title={name}>
              {name}
            </span>
            {when !== "" && (
              <span className={`text-tiny tabular-nums ${unread ? "font-semibold text-accent" : "text-ink-3"}`}>
                {when}
              </span>
            )}
          </span>
          <span className="flex items-center gap-2">
            <span
              className={`min-w-0 flex-1 truncate text-[12.5px] leading-[18px] ${unread ? "font-medium" : "text-ink-2"}`}
            >
              {draft !== "" && <Begun text={draft} />}
              {draft === "" &&
                (lastMessage ? <Preview last={lastMessage} customer={row._id} me={me} /> : (paid ?? row.email))}
            </span>
            {unread > 0 && (
              <span className="count">
                <span aria-hidden="true">{numeral(unread)}</span>
                <span className="sr-only">{words.unread(unread)}</span>
              </span>
            )}
          </span>
          <Tags {...{ row, booking, waits }} assignee={assignee?._id === me ? words.you : assignee?.name} />
        </span>
      </RowLink>
    </div>
  );
});

interface TagsProps {
  row: ConversationRow;
  booking: BookingRow | undefined;
  assignee: string | undefined;
  waits: string;
}

/** Always one line: a row that grew would push the others. */
function Tags({ row, booking, assignee, waits }: TagsProps) {
  const { status } = row;
  return (
    <span className="mt-1 flex h-5 gap-1 overflow-hidden">
      {waits !== "" && <span className="tag tag-warn flex-none">{words.waits(waits)}</span>}
      {status === "closed" && <span className="tag flex-none">{words.closed}</span>}
      {booking && (
        <span className="min-w-0">
          <BookingState booking={booking} service />
        </span>
      )}
      {assignee && <span className="tag max-w-24 flex-none truncate">{assignee}</span>}
    </span>
  );
}

/** Our own words: after "Draft:" nobody takes those of the customer for it. */
function Begun({ text }: { text: string }) {
  return (
    <>
      <span className="font-[550] text-warn-ink">{words.draft} </span>
      <span {...writtenIn(text)}>{text}</span>
    </>
  );
}

interface PreviewProps {
  last: { senderId: string; senderName: string; text: string };
  customer: string;
  me: string;
}

function Preview({ last: { senderId, senderName, text }, customer, me }: PreviewProps) {
  const who = senderId === me ? words.you : senderName;
  return (
    <>
      {senderId !== customer && `${who}: `}
      {text === "" ? words.attachment : <span {...writtenIn(text)}>{text}</span>}
    </>
  );
}
