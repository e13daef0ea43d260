// The customer's bookings beside the conversation; on a phone a strip above it that opens.
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { Loading } from "@/components/loading";
import { Problem } from "@/components/problem";
import { BookingCard, BookingHead } from "./booking-card";
import { words } from "./messages";
import type { Own } from "./use-own";

const say = words.booking;

export function BesideBookings({ own }: { own: Own }) {
  return (
    <aside aria-label={say.label} className="flex min-h-0 flex-col gap-3 overflow-y-auto">
      <Bookings own={own} className="card" />
    </aside>
  );
}

export function BookingStrip({ own }: { own: Own }) {
  const [open, setOpen] = useState(false);
  const newest = own.bookings?.[0];
  if (!newest) return null;
  return (
    <aside aria-label={say.label} className="flex-none border-b border-line bg-surface squeezed:hidden">
      {!open && (
        <div className="px-4 pt-3">
          <BookingHead booking={newest} />
        </div>
      )}
      {open && (
        <div className="max-h-[50dvh] overflow-y-auto">
          <Bookings own={own} className="border-b border-line" />
        </div>
      )}
      <button
        type="button"
        className="flex h-9 w-full items-center justify-center gap-1.5 text-xs font-[550] text-accent pointer-coarse:h-11"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {open ? say.less : say.more(own.bookings?.length ?? 0)}
        <ChevronDown size={14} strokeWidth={2} className={open ? "rotate-180" : ""} aria-hidden="true" />
      </button>
    </aside>
  );
}

function Bookings({ own, className }: { own: Own; className: string }) {
  const { bookings, payments, problem, refetch } = own;
  return (
    <>
      {problem && <Problem text={say.failed(problem)} onRetry={refetch} />}
      {bookings === null && !problem && <Loading />}
      {bookings?.length === 0 && <p className={`${className} px-[18px] py-4 text-ink-2`}>{say.none}</p>}
      {bookings?.map((booking) => (
        <div key={booking._id} className={className}>
          <BookingCard booking={booking} payments={payments ?? []} />
        </div>
      ))}
    </>
  );
}
