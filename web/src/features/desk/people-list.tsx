// The customers, one row each.
import { memo } from "react";
import { Avatar } from "@/components/avatar";
import { PresenceDot } from "@/components/presence-dot";
import { RowLink } from "@/components/row-link";
import { useDraftRooms } from "@/lib/chat/use-draft";
import { money } from "@/lib/format/money";
import { age } from "@/lib/format/time";
import { type Presence, type PresenceState, stateOf } from "@/lib/presence/presence";
import type { ConversationRow } from "./conversations";
import { words } from "./messages";
import { fullName } from "./names";
import { paidAt } from "./row-clock";
import type { BookingRow, Desk } from "./state";

const FRESH = 8_000;

interface Props {
  rows: readonly ConversationRow[];
  desk: Desk;
  presence: Presence | null;
  openRoom: string | null;
  now: number;
  me: string;
}

export function PeopleList({ rows, desk, presence, openRoom, now, me }: Props) {
  const drafts = useDraftRooms(me);
  const newest = new Map<string, BookingRow>();
  for (const booking of desk.bookings) if (!newest.has(booking.userId)) newest.set(booking.userId, booking);
  return (
    <ul aria-label={words.people}>
      {rows.map((row) => (
        <Row
          key={row._id}
          row={row}
          presence={stateOf(presence, row._id)}
          booking={newest.get(row._id)}
          open={row._id === openRoom}
          draft={drafts.has(row._id) || drafts.has(`${row._id}/note`)}
          me={me}
          {...clockOf(row, newest.get(row._id), now)}
        />
      ))}
    </ul>
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
    when: at === null ? "" : age(at, now),
    waits: waitingSince === null ? "" : age(Date.parse(waitingSince), now),
    fresh: movedAt !== null && now - movedAt < FRESH,
  };
}

interface RowProps extends Clock {
  row: ConversationRow;
  presence: PresenceState | null;
  booking: BookingRow | undefined;
  open: boolean;
  draft: boolean;
  me: string;
}

const Row = memo(function Row({ row, presence, booking, open, draft, me, when, waits, fresh }: RowProps) {
  const name = fullName(row);
  const { unread, assignee, lastMessage } = row;
  const paid = booking && words.paidNow(money(booking.amountPaid, booking.currency), booking.serviceName);
  return (
    <li
      className={`arrival border-b border-line ${fresh ? "arrival-new" : ""} ${open ? "bg-selected" : ""}`}
      data-participant={row._id}
    >
      {open && <span className="absolute inset-y-0 left-0 w-[3px] bg-brand" aria-hidden="true" />}
      <RowLink
        to="/dashboard"
        search={{ view: "chat", with: row._id }}
        aria-current={open ? "true" : undefined}
        className="flex items-center gap-2.5 py-2.5 pr-3 pl-3.5 text-ink -outline-offset-2 hover:bg-hover hover:no-underline"
      >
        <span className="relative flex-none">
          <Avatar id={row._id} name={name} />
          <PresenceDot state={presence} />
        </span>
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-2">
            <span className={`min-w-0 flex-1 truncate ${unread ? "font-[650]" : "font-[550]"}`}>{name}</span>
            {when !== "" && (
              <span className={`text-[11px] tabular-nums ${unread ? "font-semibold text-accent" : "text-ink-3"}`}>
                {when}
              </span>
            )}
          </span>
          <span className="flex items-center gap-2">
            <span
              className={`min-w-0 flex-1 truncate text-[12.5px] leading-[18px] ${unread ? "font-medium" : "text-ink-2"}`}
            >
              {draft && <span className="font-[550] text-warn-ink">{words.draft} </span>}
              {lastMessage ? preview(lastMessage, row._id, me) : (paid ?? row.email)}
            </span>
            {unread > 0 && (
              <span className="count">
                <span aria-hidden="true">{unread}</span>
                <span className="sr-only">{words.unread(unread)}</span>
              </span>
            )}
          </span>
          <Tags status={row.status} waits={waits} assignee={assignee?._id === me ? words.you : assignee?.name} />
        </span>
      </RowLink>
    </li>
  );
});

interface TagsProps {
  status: ConversationRow["status"];
  waits: string;
  assignee: string | undefined;
}

function Tags({ status, waits, assignee }: TagsProps) {
  if (waits === "" && !assignee && status === "open") return null;
  return (
    <span className="mt-1 flex flex-wrap gap-1">
      {waits !== "" && <span className="tag tag-warn">{words.waits(waits)}</span>}
      {status === "closed" && <span className="tag">{words.closed}</span>}
      {assignee && <span className="tag max-w-40 truncate">{assignee}</span>}
    </span>
  );
}

function preview(last: { senderId: string; senderName: string; text: string }, customer: string, me: string): string {
  if (last.senderId === customer) return last.text;
  return `${last.senderId === me ? words.you : last.senderName}: ${last.text}`;
}
