// The live list of bookings: a table where there is room, two-line rows where there is not.
import { type CSSProperties, memo, type RefObject, useDeferredValue, useId, useState } from "react";
import { Avatar } from "@/components/avatar";
import { RowLink } from "@/components/row-link";
import { useNames } from "@/lib/catalogue";
import { money } from "@/lib/format/money";
import { visitTime } from "@/lib/format/time";
import { rowOf } from "@/lib/keys/rows";
import { useSized } from "@/lib/text-size";
import { useAfterPaint } from "@/lib/use-after-paint";
import { BookingReceipt } from "./booking-receipt";
import { BookingState } from "./booking-state";
import { words as lists } from "./lists/messages";
import { useHeld } from "./lists/use-held";
import { words } from "./messages";
import { clockOf, paidAt, type RowClock, sinceArrival } from "./row-clock";
import type { BookingRow } from "./state";

const COLUMNS = Object.keys(words.columns).length;

/** Drawn at once; the rest in the next frame. */
const FIRST = 8;
/** So many in the last second (ms) are a flood: then no more is drawn than the window has room for, in rows of so many px.
 * But all that came in this frame: they are confirmed together. */
const FLOOD = 10;
const LAST = 1_000;
export const ROW = 52;
/** The place of rows that are drawn in the next frame: nothing moves when they come. */
const LATER = "h-[calc(var(--rows)*52px)] @max-[700px]:h-[calc(var(--rows)*60px)]";

interface Props {
  bookings: readonly BookingRow[];
  now: number;
  /** What scrolls. */
  box: RefObject<HTMLElement | null>;
  /** Set while they are drawn, and not the first few only: then, and only then, the desk may confirm them. */
  list: RefObject<HTMLElement | null>;
}

export function BookingList({ bookings, now, box, list }: Props) {
  const rest = useAfterPaint();
  const begun = rest || bookings.length <= FIRST;
  const mark = (element: HTMLElement | null) => {
    list.current = begun ? element : null;
  };
  const [height] = useState(() => window.innerHeight);
  const room = Math.ceil(height / useSized(ROW));
  const flooded = !useHeld(box) && sinceArrival(bookings[FLOOD - 1]?.arrivedAt, now) < LAST;
  const ebbing = useDeferredValue(flooded); // afterwards the others are drawn when there is nothing else to do
  const together = bookings.filter(({ arrivedAt }) => arrivedAt === bookings[0]?.arrivedAt).length;
  const drawn = begun ? (flooded || ebbing ? Math.max(room, together) : bookings.length) : FIRST;
  return (
    <div ref={mark} className="@container">
      <table className="w-full table-fixed border-separate border-spacing-0">
        {/* The head gives the columns no width where it is only heard: without this they share it half and half. */}
        <colgroup className="hidden @max-[700px]:table-column-group">
          <col />
          <col className="w-[150px]" />
        </colgroup>
        <thead className="bg-surface text-left text-[11.5px] text-ink-3 @max-[700px]:sr-only">
          <tr>
            <Head text={words.columns.customer} className="pl-4" />
            <Head text={words.columns.service} className="@max-[700px]:hidden" />
            <Head text={words.columns.visit} className="w-[172px] @max-[700px]:hidden" />
            <Head text={words.columns.trackingId} className="w-[120px] @max-[820px]:hidden" />
            <Head text={words.columns.caregiver} className="w-[110px] @max-[960px]:hidden" />
            <Head text={words.columns.state} className="w-[136px] @max-[700px]:hidden" />
            <Head text={words.columns.paid} className="w-[120px] pr-4 text-right" />
          </tr>
        </thead>
        <tbody>
          {bookings.slice(0, drawn).map((booking) => (
            <Row key={booking.trackingId} booking={booking} {...clockOf(booking, now)} />
          ))}
        </tbody>
      </table>
      <div className={LATER} style={{ "--rows": Math.max(0, bookings.length - drawn) } as CSSProperties} />
    </div>
  );
}

function Head({ text, className }: { text: string; className: string }) {
  return (
    <th scope="col" className={`h-[34px] border-b border-line px-2.5 font-[550] ${className}`}>
      {text}
    </th>
  );
}

const CELL = "h-[52px] @max-[700px]:h-[60px] border-b border-line px-2.5 align-middle";

const Row = memo(function Row({ booking, when, fresh }: { booking: BookingRow } & RowClock) {
  const service = useNames()(booking.serviceName) || lists.unknownService;
  const { userId, userName, userEmail, trackingId, caregiver } = booking;
  const name = userName || userEmail || words.unknown;
  const at = paidAt(booking);
  const [open, setOpen] = useState(false);
  const receipt = useId();
  return (
    <>
      {/* Safari places nothing by a row of a table unless it is transformed: its link would lie over the whole list. */}
      <tr className={`translate-0 ${fresh ? "row-new" : ""}`} data-booking={trackingId}>
        <td className={`${CELL} pl-4`}>
          <div className="flex items-center gap-2.5">
            <span className="@max-[420px]:hidden">
              <Avatar id={userId} name={name} size="small" />
            </span>
            <div className="min-w-0">
              <RowLink
                to="/dashboard"
                search={{ view: "chat", with: userId }}
                className="block truncate font-[550] text-ink after:absolute after:inset-0 after:-outline-offset-2 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-brand"
                title={name}
                aria-label={words.openChat(name)}
                {...rowOf(trackingId)}
              >
                {name}
              </RowLink>
              <p className="flex items-center gap-1 text-xs text-ink-3">
                <span className="hidden truncate @max-[700px]:inline">{service}</span>
                <span className="flex-none">
                  <span className="hidden @max-[700px]:inline">· </span>
                  {at !== null && <time dateTime={new Date(at).toISOString()}>{when}</time>}
                  {" ·"}
                </span>
                {/* A finger's height without a finger's place: the lines of the row stay together. */}
                <button
                  type="button"
                  className="relative z-1 flex-none underline underline-offset-2 pointer-coarse:-mx-2 pointer-coarse:-my-3 pointer-coarse:px-2"
                  aria-expanded={open}
                  aria-controls={receipt}
                  aria-label={words.receipt.showOf(name)}
                  onClick={() => setOpen(!open)}
                >
                  {words.receipt.show}
                </button>
              </p>
            </div>
          </div>
        </td>
        <td className={`${CELL} truncate @max-[700px]:hidden`} title={service}>
          {service}
        </td>
        <td className={`${CELL} truncate text-ink-2 @max-[700px]:hidden`}>{visitTime(booking.date, booking.slot)}</td>
        <td className={`${CELL} mono truncate text-ink-2 @max-[820px]:hidden`} title={trackingId}>
          {trackingId}
        </td>
        <td className={`${CELL} truncate text-ink-2 @max-[960px]:hidden`} title={caregiver ?? ""}>
          {booking.status === undefined ? "" : (caregiver ?? words.notAssigned)}
        </td>
        <td className={`${CELL} @max-[700px]:hidden`}>
          <BookingState booking={booking} />
        </td>
        <td className={`${CELL} pr-4 text-right font-semibold tabular-nums`}>
          <span className="block">{money(booking.amountPaid, booking.currency)}</span>
          <span className="hidden font-normal @max-[700px]:inline">
            <BookingState booking={booking} />
          </span>
        </td>
      </tr>
      {open && <BookingReceipt id={receipt} trackingId={trackingId} columns={COLUMNS} />}
    </>
  );
});
