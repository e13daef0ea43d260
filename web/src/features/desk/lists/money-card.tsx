// A payment in the stream of a conversation: how much of how much, for what, and how fast it was on a first desk.
import { Link } from "@tanstack/react-router";
import { Banknote } from "lucide-react";
import { useNames } from "@/lib/catalogue";
import { money } from "@/lib/format/money";
import { clock, duration } from "@/lib/format/time";
import { BookingState } from "../booking-state";
import { tookToScreen } from "../receipt";
import type { BookingRow } from "../state";
import { useFirstShown } from "../use-receipt";
import { words } from "./messages";

export function MoneyCard({ booking }: { booking: BookingRow }) {
  const names = useNames();
  const { data } = useFirstShown(booking.trackingId);
  const { amountPaid, totalPrice, currency, serviceName, trackingId, createdAt } = booking;
  const took = data ? tookToScreen(data) : null;
  return (
    <div
      className="my-2 flex min-h-[58px] items-center gap-3 rounded-xl border border-accent-line bg-tint px-3.5 py-2"
      data-money={trackingId}
    >
      <span className="grid size-8 flex-none place-items-center rounded-lg bg-solid text-on-solid">
        <Banknote size={16} strokeWidth={1.75} aria-hidden="true" />
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-1.5">
          <b className="font-[650]">{words.money.paid(money(amountPaid, currency))}</b>
          <span className="text-ink-2">
            {totalPrice && `${words.of(money(totalPrice, currency))} · `}
            {names(serviceName) || words.unknownService}
          </span>
          <BookingState booking={booking} />
        </p>
        <p className="text-tiny leading-4 text-ink-3 tabular-nums">
          <span className="mono">{trackingId}</span>
          {createdAt && ` · ${clock(Date.parse(createdAt))}`}
          {took !== null && ` · ${words.money.shown(duration(Math.max(0, took)))}`}
        </p>
      </div>
      <Link
        to="/dashboard/bookings"
        search={{ open: trackingId }}
        className="target font-[550]"
        aria-label={words.money.openOf(trackingId)}
      >
        {words.money.open}
      </Link>
    </div>
  );
}
