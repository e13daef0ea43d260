// The customers, one row each, last activity first.
import { Link } from "@tanstack/react-router";
import { Avatar } from "@/components/avatar";
import { PresenceDot } from "@/components/presence-dot";
import { money } from "@/lib/format/money";
import { age } from "@/lib/format/time";
import { type Presence, type PresenceState, stateOf } from "@/lib/presence/presence";
import { words } from "./messages";
import { fullName } from "./names";
import type { BookingRow, Desk, ParticipantRow } from "./state";

const FRESH = 8_000;

interface Props {
  desk: Desk;
  presence: Presence | null;
  openRoom: string | null;
  now: number;
}

export function PeopleList({ desk, presence, openRoom, now }: Props) {
  const newest = new Map<string, BookingRow>();
  for (const booking of desk.bookings) if (!newest.has(booking.userId)) newest.set(booking.userId, booking);
  return (
    <ul aria-label={words.people}>
      {desk.participants.map((person) => (
        <Row
          key={person._id}
          person={person}
          desk={desk}
          presence={stateOf(presence, person._id)}
          booking={newest.get(person._id)}
          open={person._id === openRoom}
          now={now}
        />
      ))}
    </ul>
  );
}

interface RowProps {
  person: ParticipantRow;
  desk: Desk;
  presence: PresenceState | null;
  booking: BookingRow | undefined;
  open: boolean;
  now: number;
}

function Row({ person, desk, presence, booking, open, now }: RowProps) {
  const name = fullName(person);
  const room = desk.rooms[person._id];
  const unread = room?.unread ?? 0;
  const fresh = person.movedAt !== null && now - person.movedAt < FRESH;
  const time = room?.last.time ?? booking?.arrivedAt ?? (booking?.createdAt ? Date.parse(booking.createdAt) : null);
  const paid = booking && words.paidNow(money(booking.amountPaid, booking.currency), booking.serviceName);
  return (
    <li
      className={`arrival border-b border-line ${fresh ? "arrival-new" : ""} ${open ? "bg-selected" : ""}`}
      data-participant={person._id}
    >
      {open && <span className="absolute inset-y-0 left-0 w-[3px] bg-brand" aria-hidden="true" />}
      <Link
        to="/dashboard"
        search={{ view: "chat", with: person._id }}
        aria-current={open ? "true" : undefined}
        className="flex items-center gap-2.5 py-2.5 pr-3 pl-3.5 text-ink -outline-offset-2 hover:bg-hover hover:no-underline"
      >
        <span className="relative flex-none">
          <Avatar id={person._id} name={name} />
          <PresenceDot state={presence} />
        </span>
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-2">
            <span className={`min-w-0 flex-1 truncate ${unread ? "font-[650]" : "font-[550]"}`}>{name}</span>
            {time !== null && (
              <span className={`text-[11px] tabular-nums ${unread ? "font-semibold text-accent" : "text-ink-3"}`}>
                {age(time, now)}
              </span>
            )}
          </span>
          <span className="flex items-center gap-2">
            <span
              className={`min-w-0 flex-1 truncate text-[12.5px] leading-[18px] ${unread ? "font-medium" : "text-ink-2"}`}
            >
              {room ? preview(room.last, person._id) : (paid ?? person.email)}
            </span>
            {unread > 0 && (
              <span className="count">
                <span aria-hidden="true">{unread}</span>
                <span className="sr-only">{words.unread(unread)}</span>
              </span>
            )}
          </span>
        </span>
      </Link>
    </li>
  );
}

function preview(last: { senderId: string; text: string }, customer: string): string {
  return last.senderId === customer ? last.text : `${words.you}: ${last.text}`;
}
