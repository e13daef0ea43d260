// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by transform cannot be elements of a table
// One row of the bookings table: the cells on a grid, which CSS lets go one after the other where there is no room.
import { Check, Undo2 } from "lucide-react";
import { memo } from "react";
import { Avatar } from "@/components/avatar";
import { RowLink } from "@/components/row-link";
import { useNames } from "@/lib/catalogue";
import { money } from "@/lib/format/money";
import { visitTime } from "@/lib/format/time";
import { rowOf } from "@/lib/keys/rows";
import { BookingState } from "../booking-state";
import type { RowClock } from "../row-clock";
import type { BookingRow } from "../state";
import { words } from "./messages";
import type { BookingsSearch } from "./search";

// Wide columns share what is left, so no row is ever wider than its list. By the list's width: all of them; without the
// tracking id; without the place; without the caregiver; with the bare amount; and two lines.
export const GRID = [
  "grid items-center gap-x-3 px-4",
  "grid-cols-[58px_minmax(0,1.3fr)_minmax(0,1.3fr)_128px_minmax(0,1fr)_172px_104px_134px_104px]",
  "@max-[1300px]:grid-cols-[58px_minmax(0,1.3fr)_minmax(0,1.3fr)_128px_minmax(0,1fr)_172px_104px_134px]",
  "@max-[1060px]:grid-cols-[58px_minmax(0,1fr)_minmax(0,1fr)_128px_172px_92px_134px]",
  "@max-[920px]:grid-cols-[58px_minmax(0,1fr)_minmax(0,1fr)_128px_172px_134px]",
  "@max-[840px]:grid-cols-[50px_minmax(0,1fr)_minmax(0,1fr)_128px_92px_134px]",
  "@max-[684px]:grid-cols-[minmax(0,1fr)_auto]",
].join(" ");
export const TRACKING = "@max-[1300px]:hidden";
export const WHERE = "@max-[1060px]:hidden";
export const CAREGIVER = "@max-[920px]:hidden";
const OF = "@max-[840px]:hidden";
export const WIDE = "@max-[684px]:hidden";
const NARROW = "@min-[684px]:hidden";

interface Props extends RowClock {
  booking: BookingRow;
  open: boolean;
  search: BookingsSearch;
}

export const BookingCells = memo(function BookingCells({ booking, when, fresh, open, search }: Props) {
  const names = useNames();
  const { userId, userName, userEmail, trackingId, date, slot, district, division, caregiver } = booking;
  const service = names(booking.serviceName) || words.unknownService;
  const name = userName || userEmail || words.unknown;
  const parts = [division, district].filter((part, place, all) => part && all.indexOf(part) === place);
  const where = parts.map((part) => names(part ?? "")).join(", ");
  return (
    <div
      data-booking={trackingId}
      className={`relative h-full border-b border-line hover:bg-hover ${GRID} ${fresh ? "lit" : ""} ${open ? "chosen" : ""}`}
    >
      <span
        role="cell"
        className={`line-clamp-2 text-xs leading-4 text-ink-3 tabular-nums ${fresh ? "font-[650] text-accent" : ""} ${WIDE}`}
      >
        {when}
      </span>
      <span role="cell" className="flex min-w-0 items-center gap-2.5">
        <span className="@max-[840px]:@min-[684px]:hidden">
          <Avatar id={userId} name={name} size="small" />
        </span>
        <span className="min-w-0">
          <RowLink
            to="/dashboard/bookings"
            search={{ ...search, open: trackingId }}
            className="block truncate font-[550] text-ink outline-none after:absolute after:inset-0 after:-outline-offset-2 focus-visible:after:outline-2 focus-visible:after:outline-brand"
            aria-current={open ? "true" : undefined}
            {...rowOf(trackingId)}
            aria-label={words.openBooking(name)}
            title={name}
          >
            {name}
          </RowLink>
          <span className="hidden truncate text-xs text-ink-3 @max-[684px]:block">
            {service} · {when}
          </span>
        </span>
      </span>
      <span role="cell" className={`truncate ${WIDE}`} title={service}>
        {service}
        {booking.quantity && booking.durationType && (
          <span className="text-ink-2"> · {words.quantity(booking.quantity, booking.durationType)}</span>
        )}
      </span>
      <span role="cell" className={`truncate ${WIDE}`} title={visitTime(date, slot)}>
        {visitTime(date, startOf(slot))}
      </span>
      <span role="cell" className={`truncate text-ink-2 ${WHERE}`}>
        {where}
      </span>
      <span
        role="cell"
        className="flex min-w-0 items-center gap-2 @max-[684px]:flex-col @max-[684px]:items-end @max-[684px]:gap-0"
      >
        <Money booking={booking} />
        <span className={NARROW}>
          <BookingState booking={booking} />
        </span>
      </span>
      <span role="cell" className={`truncate text-ink-2 ${CAREGIVER}`}>
        {booking.status === undefined ? "" : (caregiver ?? words.notAssigned)}
      </span>
      <span role="cell" className={`min-w-0 ${WIDE}`}>
        <BookingState booking={booking} />
      </span>
      <span role="cell" className={`mono truncate text-ink-2 ${TRACKING}`}>
        {trackingId}
      </span>
    </div>
  );
});

/** "08:00" of "08:00-12:00"; what is no such span is shown as it is. */
const startOf = (slot: string | null | undefined) => /^\d{1,2}:\d{2}(?=\s*[-–])/.exec(slot ?? "")?.[0] ?? slot;

const WENT_BACK = ["refunded", "partly_refunded", "charged_back"];

/** Paid, of how much, and how much of it that is: the bar gives way to the amounts. */
function Money({ booking }: { booking: BookingRow }) {
  const { amountPaid, totalPrice, dueAmount, currency, paymentStatus } = booking;
  const due = Number(dueAmount ?? 0);
  const part = money(booking.amountRefunded ?? "", currency);
  return (
    <>
      <span className="min-w-[54px] flex-none text-right font-semibold tabular-nums">
        {money(amountPaid, currency)}
      </span>
      {paymentStatus && WENT_BACK.includes(paymentStatus) ? (
        <span className={`flex min-w-0 items-center gap-1.5 text-xs text-ink-3 ${OF}`}>
          <Undo2 size={14} strokeWidth={1.75} className="flex-none" aria-hidden="true" />
          <span className="truncate tabular-nums">
            {paymentStatus === "refunded" ? words.refunded : words.back(part)}
          </span>
        </span>
      ) : due > 0 && totalPrice ? (
        <span className={`flex min-w-0 items-center gap-1.5 text-xs text-ink-3 tabular-nums ${OF}`}>
          <span aria-hidden="true" className="h-1 w-7 shrink-999 overflow-hidden rounded bg-line">
            <span
              className="block h-full bg-brand"
              style={{ width: `${(Number(amountPaid) / Number(totalPrice)) * 100}%` }}
            />
          </span>
          <span className="truncate">{words.of(money(totalPrice, currency))}</span>
        </span>
      ) : (
        dueAmount !== undefined && (
          <span className={`flex items-center gap-1.5 text-xs text-ink-3 ${OF}`}>
            <Check size={14} strokeWidth={2} className="text-brand" aria-hidden="true" /> {words.full}
          </span>
        )
      )}
    </>
  );
}
