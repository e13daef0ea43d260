// One booking of the customer: what it is, how far it has come, and what is still to be paid.
import {
  Ban,
  CalendarClock,
  Check,
  CircleCheck,
  House,
  type LucideIcon,
  ShieldCheck,
  Undo2,
  UserCheck,
} from "lucide-react";
import { useNames } from "@/lib/catalogue";
import { money } from "@/lib/format/money";
import { hour, visitTime } from "@/lib/format/time";
import type { OwnBooking, OwnPayment } from "./get-own";
import { words } from "./messages";
import { type Progress, type Step, stepsOf } from "./steps";

const say = words.booking;

interface Props {
  booking: OwnBooking;
  payments: readonly OwnPayment[];
}

export function BookingCard({ booking, payments }: Props) {
  const { trackingId, status, dueAmount, currency } = booking;
  const names = useNames();
  return (
    <article
      data-own-booking={trackingId}
      aria-label={names(booking.serviceName) || say.unknown}
      className="px-[18px] py-4"
    >
      <BookingHead booking={booking} />
      <ol className="mt-3.5 flex flex-col">
        {stepsOf(booking, payments).map(([step, progress], place, all) => (
          <StepRow
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
            key={place}
            {...{ step, progress, currency }}
            last={place === all.length - 1}
          />
        ))}
      </ol>
      {Number(dueAmount) > 0 && status !== "cancelled" && (
        <p className="mt-3 flex justify-between gap-2 border-t border-line pt-3 text-sm">
          <span>{say.due}</span>
          <b className="font-[650] tabular-nums">{money(dueAmount, currency)}</b>
        </p>
      )}
    </article>
  );
}

/** Service, state, day and tracking id: all that a phone shows until it is opened. */
export function BookingHead({ booking }: { booking: OwnBooking }) {
  const { serviceName, trackingId, date, slot } = booking;
  const names = useNames();
  return (
    <>
      <span className="flex items-start justify-between gap-2">
        <span className="min-w-0 text-[15px] leading-5 font-[650] tracking-[-0.01em] wrap-anywhere">
          {names(serviceName) || say.unknown}
        </span>
        <Status status={booking.status} />
      </span>
      {date && <span className="mt-1 block text-[13px] leading-5 text-ink-2">{visitTime(date, slot)}</span>}
      <span className="mono block text-xs leading-5 text-ink-3 wrap-anywhere">{trackingId}</span>
    </>
  );
}

const TAGS: Record<OwnBooking["status"], [string, LucideIcon]> = {
  booked: ["tag-good", CircleCheck],
  confirmed: ["tag-good", ShieldCheck],
  completed: ["", CircleCheck],
  cancelled: ["tag-bad", Ban],
};

function Status({ status }: { status: OwnBooking["status"] }) {
  const [tone, Icon] = TAGS[status];
  return (
    <span className={`tag flex-none ${tone}`}>
      <Icon aria-hidden="true" />
      {say.status[status]}
    </span>
  );
}

const ICONS: Record<Step["kind"], LucideIcon> = {
  paid: Check,
  stored: Check,
  back: Undo2,
  caregiver: UserCheck,
  visit: House,
  cancelled: Ban,
};

function StepRow({
  step,
  progress,
  currency,
  last,
}: {
  step: Step;
  progress: Progress;
  currency: string;
  last: boolean;
}) {
  const Icon = step.kind === "visit" && progress === "now" ? CalendarClock : ICONS[step.kind];
  return (
    <li
      className="relative flex gap-2.5 pb-3 text-sm leading-5 last:pb-0"
      aria-current={progress === "now" || undefined}
    >
      {!last && <span className="absolute top-4 bottom-0 left-[7px] w-px bg-accent-line" aria-hidden="true" />}
      <span
        className={`relative mt-0.5 grid size-4 flex-none place-items-center rounded-full ${progress === "done" ? "bg-tint-2 text-accent-ink" : "bg-sunken text-ink-2"}`}
      >
        <Icon size={10} strokeWidth={2.5} aria-hidden="true" />
      </span>
      <span
        className={`min-w-0 flex-1 wrap-anywhere ${progress === "now" ? "font-[650]" : progress === "next" ? "text-ink-3" : "text-ink-2"}`}
      >
        {textOf(step, currency)}
      </span>
      <span className="flex-none text-xs leading-5 text-ink-3 tabular-nums">{timeOf(step, progress)}</span>
    </li>
  );
}

function textOf(step: Step, currency: string): string {
  switch (step.kind) {
    case "paid":
      return say.paid(money(step.amount, currency));
    case "back":
      return say.back(money(step.amount, currency));
    case "caregiver":
      return step.name === null ? say.choosing : say.caregiver(step.name);
    default:
      return say.step[step.kind];
  }
}

function timeOf(step: Step, progress: Progress): string {
  if (step.kind === "paid" || step.kind === "stored") return hour(step.at);
  if (step.kind === "visit") return visitTime(step.date, step.slot);
  return progress === "now" ? say.now : "";
}
