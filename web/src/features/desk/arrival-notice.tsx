// Arrivals are said to screen readers, politely and at most every five seconds.
import { useEffect, useRef, useState } from "react";
import { money } from "@/lib/format/money";
import { isolated } from "@/lib/format/names";
import { useTimer } from "@/lib/use-timer";
import { words } from "./messages";
import type { BookingRow } from "./state";

const PAUSE = 5_000;

export function ArrivalNotice({ bookings }: { bookings: readonly BookingRow[] }) {
  const said = useRef(new Set<string>());
  const timer = useTimer();
  const newest = useRef(bookings);
  const [text, setText] = useState("");
  useEffect(() => {
    newest.current = bookings;
    const speak = () => {
      const arrivals = newest.current.filter((row) => row.arrivedAt !== null && !said.current.has(row.trackingId));
      if (arrivals.length === 0) return;
      said.current = new Set(newest.current.map((row) => row.trackingId)); // what has left the list comes no more
      const [only] = arrivals;
      setText(
        arrivals.length === 1 && only
          ? words.newBooking(isolated(only.userName || words.unknown), money(only.amountPaid, only.currency))
          : words.newBookings(arrivals.length),
      );
      timer.start(speak, PAUSE);
    };
    if (!timer.running) speak();
  }, [bookings, timer]);
  return (
    <p role="status" className="sr-only">
      {text}
    </p>
  );
}
