// Beside a conversation, or beside the list: a customer's bookings and payments, live, and how the money came.
import { Link, type LinkProps, useNavigate } from "@tanstack/react-router";
import { CircleAlert, MessageSquare, X } from "lucide-react";
import { useLayoutEffect, useRef, useState } from "react";
import { Avatar } from "@/components/avatar";
import { Loading } from "@/components/loading";
import { PassingButton } from "@/components/passing-button";
import { Problem } from "@/components/problem";
import { useNames } from "@/lib/catalogue";
import { money } from "@/lib/format/money";
import { calendarDay, dayName, visitTime } from "@/lib/format/time";
import { useCommand } from "@/lib/keys/commands";
import { takeFocusOver } from "@/lib/keys/rows";
import { onServerClock } from "@/lib/server-clock";
import type { Connection } from "@/lib/socket/connection";
import { BookingState } from "../booking-state";
import type { BookingRow } from "../state";
import type { Payment } from "./get-list";
import { looks } from "./looks";
import { words } from "./messages";
import { ReceiptTrace } from "./receipt-trace";
import { Sentences } from "./sentences";
import { useCustomer, useOwner } from "./use-customer";

const say = words.customer;

interface Props {
  connection: Connection | null;
  /** The customer; else the one whose booking this is. */
  userId?: string;
  /** What the customer is called where no booking says it; empty while that is not known. */
  called?: string;
  trackingId?: string;
  close?: Pick<LinkProps, "to" | "search">;
  className?: string;
}

export function CustomerPanel({ connection, userId, called, trackingId, close, className = "" }: Props) {
  const owner = useOwner(userId === undefined ? (trackingId ?? null) : null);
  const customer = userId ?? owner.data ?? null;
  const { bookings, payments } = useCustomer(connection, customer);
  const [chosen, setChosen] = useState<string | null>(null);
  const rows = bookings.data ?? [];
  const shown = rows.find((row) => row.trackingId === (chosen ?? trackingId)) ?? rows[0];
  const name = rows.map((row) => row.userName).find(Boolean) || (called ?? words.unknown);
  const known = bookings.data !== undefined && name !== "";
  const failed = owner.error ?? bookings.error ?? payments.error;
  const missing = owner.data === null;
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => takeFocusOver(heading.current), []);
  const navigate = useNavigate();
  useCommand("back", close ? () => void navigate(close) : null);
  return (
    <aside aria-label={say.label} className={`min-h-0 min-w-0 overflow-y-auto bg-surface ${className}`}>
      <header className="flex min-h-[60px] items-center gap-3 border-b border-line px-4 py-2.5">
        {customer && known ? (
          <Avatar id={customer} name={name} />
        ) : (
          !missing && <span className="size-9 flex-none rounded-full bg-sunken" />
        )}
        <div className="min-w-0 flex-1">
          <h2 ref={heading} tabIndex={-1} className="truncate font-[650] outline-none" title={known ? name : undefined}>
            {known ? name : say.label}
          </h2>
          {!missing && (
            <p className="min-h-4 truncate text-xs text-ink-3">{bookings.data && say.howMany(rows.length)}</p>
          )}
        </div>
        {userId === undefined && customer && (
          <Link
            to="/dashboard"
            search={{ view: "chat", with: customer }}
            className="btn btn-line px-2"
            aria-label={say.chat}
            title={say.chat}
          >
            <MessageSquare size={16} strokeWidth={1.75} aria-hidden="true" />
          </Link>
        )}
        {close && (
          <Link {...close} className="btn btn-quiet px-2" aria-label={words.close}>
            <X size={16} strokeWidth={1.75} aria-hidden="true" />
          </Link>
        )}
      </header>
      {failed && (
        <div className="p-3">
          <Problem text={say.failed(failed.message)} onRetry={() => void (owner.error ? owner : bookings).refetch()} />
        </div>
      )}
      {missing && <p className="p-4 text-ink-2">{say.noSuch(trackingId ?? "")}</p>}
      {bookings.isPending && !missing && !failed && <Loading />}
      {bookings.data && rows.length === 0 && <p className="p-4 text-ink-2">{say.none}</p>}
      {shown && <OneBooking booking={shown} />}
      {shown && (
        <div className="min-h-[246px] border-b border-line p-4" /* a receipt's, before it comes */>
          <ReceiptTrace key={shown.trackingId} trackingId={shown.trackingId} />
        </div>
      )}
      {rows.length > 1 && (
        <Others rows={rows.filter((row) => row !== shown)} onChoose={(row) => setChosen(row.trackingId)} />
      )}
      {bookings.data && <Payments payments={payments.data ?? []} />}
    </aside>
  );
}

function OneBooking({ booking }: { booking: BookingRow }) {
  const { serviceName, trackingId, date, slot, address, district, division, caregiver, currency } = booking;
  const names = useNames();
  const total = Number(booking.totalPrice ?? 0);
  const share = total > 0 ? Math.min(100, Math.round((Number(booking.amountPaid) / total) * 100)) : null;
  return (
    <section className="border-b border-line p-4 -outline-offset-2" data-customer-booking={trackingId} tabIndex={-1}>
      <div className="flex flex-wrap items-center gap-2">
        <h3 className="font-[650]">{names(serviceName) || words.unknownService}</h3>
        <BookingState booking={booking} />
        <span className="mono ml-auto text-xs text-ink-3">{trackingId}</span>
      </div>
      <dl className="mt-2.5 grid grid-cols-[84px_minmax(0,1fr)] gap-x-2 gap-y-1.5 text-[13px]">
        <Fact name={say.when} text={visitTime(date, slot)} />
        <Fact name={say.where} text={[address, names(district || division || "")].filter(Boolean).join(", ")} />
        <Fact name={say.caregiver} text={booking.status === undefined ? "" : (caregiver ?? words.notAssigned)} />
      </dl>
      <div className="mt-3 flex justify-between gap-2 text-xs">
        <span className="font-[650] tabular-nums">{say.paid(money(booking.amountPaid, currency))}</span>
        {Number(booking.dueAmount ?? 0) > 0 && booking.status !== "cancelled" && (
          <span className="text-ink-2 tabular-nums">{say.due(money(booking.dueAmount ?? "", currency))}</span>
        )}
      </div>
      {share !== null && (
        <div className="mt-1.5 h-1.5 overflow-hidden rounded bg-line">
          <span className="block h-full bg-brand" style={{ width: `${share}%` }} />
          <span className="sr-only">{say.share(share)}</span>
        </div>
      )}
      <Sentences all={looks(booking.lookReason ?? "").map((why) => ({ Icon: CircleAlert, text: say.look(why) }))} />
      {/* The place of the caregiver's picker and of the refund form; there are no buttons before they do something. */}
      <p className="mt-3 rounded-lg bg-sunken px-3 py-2 text-xs text-ink-2">{say.later}</p>
    </section>
  );
}

function Fact({ name, text }: { name: string; text: string }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0 break-words">{text || "–"}</dd>
    </>
  );
}

function Others({ rows, onChoose }: { rows: readonly BookingRow[]; onChoose: (row: BookingRow) => void }) {
  const names = useNames();
  return (
    <section className="border-b border-line p-4">
      <h3 className="mb-1.5 text-xs font-[650] text-ink-2">{say.earlier}</h3>
      <ul>
        {rows.map((row) => (
          <li key={row.trackingId} data-customer-booking={row.trackingId}>
            <PassingButton
              handOver={toTheChosen}
              className="-mx-2 flex w-[calc(100%+16px)] items-center gap-2 rounded-md px-2 py-1 text-left text-[12.5px] hover:bg-hover"
              onClick={() => onChoose(row)}
            >
              <span className="min-w-0 flex-1 truncate">{names(row.serviceName) || words.unknownService}</span>
              {row.date && <span className="text-ink-3">{calendarDay(row.date)}</span>}
              <span className="font-[650] tabular-nums">{money(row.amountPaid, row.currency)}</span>
            </PassingButton>
          </li>
        ))}
      </ul>
    </section>
  );
}

function toTheChosen(button: HTMLElement): void {
  button.closest("aside")?.querySelector<HTMLElement>("[data-customer-booking]")?.focus();
}

function Payments({ payments }: { payments: readonly Payment[] }) {
  if (payments.length === 0) return null;
  const now = onServerClock(Date.now());
  return (
    <section className="p-4">
      <h3 className="mb-1.5 text-xs font-[650] text-ink-2">{say.payments}</h3>
      <ul className="flex flex-col gap-1">
        {payments.map((payment) => (
          <li key={payment._id} className="flex text-[12.5px]" data-customer-payment={payment._id}>
            <Link
              to="/dashboard/payments"
              search={{ open: payment._id }}
              className="target flex min-w-0 flex-1 items-center gap-2"
              title={payment.sessionId ?? payment._id}
            >
              <span className="min-w-0 flex-1 truncate">
                {dayName(Date.parse(payment.createdAt), now)}
                {Number(payment.amountRefunded) > 0 &&
                  ` · ${words.payment.backAmount(money(payment.amountRefunded, payment.currency ?? ""))}`}
              </span>{" "}
              <span className="font-[650] text-ink tabular-nums">
                {money(payment.amountPaid, payment.currency ?? "")}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
