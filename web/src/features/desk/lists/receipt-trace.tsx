// From the card to the screen: the steps of a booking's receipt, their share of the time, and who has seen it.
import { Check, Clock, Monitor } from "lucide-react";
import { Desks } from "../booking-receipt";
import type { Receipt } from "../get-receipt";
import { words as desk } from "../messages";
import { lapse, receiptSteps, tookToScreen } from "../receipt";
import { useReceipt } from "../use-receipt";
import { words } from "./messages";

export function ReceiptTrace({ trackingId }: { trackingId: string }) {
  const { data, error } = useReceipt(trackingId);
  if (!data) return error && <p role="alert">{desk.receipt.failed(error.message)}</p>;
  const total = tookToScreen(data);
  return (
    <section aria-label={words.customer.trace} data-receipt={trackingId}>
      <h3 className="mb-2 flex justify-between gap-2 text-xs font-[650] text-ink-2">
        {words.customer.trace}
        {total !== null && <span className="text-accent tabular-nums">{lapse(total)}</span>}
      </h3>
      <Bar receipt={data} />
      <ol className="mt-2.5 flex flex-col gap-1.5">
        {receiptSteps(data).map((step, place, all) => (
          <li key={step} className="relative flex items-center gap-2.5 text-[12.5px] tabular-nums">
            {place > 0 && <span aria-hidden="true" className="absolute bottom-1/2 left-2 h-full w-px bg-line" />}
            <Mark last={place === all.length - 1} receipt={data} />
            {step}
          </li>
        ))}
      </ol>
      {data.desks.length > 0 && (
        <div className="mt-1 text-xs">
          <Desks desks={data.desks} />
        </div>
      )}
    </section>
  );
}

/** What has happened is ticked, and the last step is the screens: a clock while the booking is on none. */
function Mark({ last, receipt }: { last: boolean; receipt: Receipt }) {
  const waits = last && receipt.receivedAt !== null && receipt.desks.length === 0;
  const Icon = waits ? Clock : last && receipt.shownAt ? Monitor : Check;
  const look = waits ? "bg-surface text-warn-ink" : "bg-tint text-accent-ink";
  return (
    <span className={`relative grid size-4 flex-none place-items-center rounded-full ${look}`}>
      <Icon size={11} aria-hidden="true" />
    </span>
  );
}

const SHADES = ["opacity-35", "opacity-65", "opacity-100"] as const;

/** Received, saved, sent and shown, each at least to be seen; when it was paid is the provider's clock, to the second, and has no share. */
function Bar({ receipt }: { receipt: Receipt }) {
  const times = [receipt.receivedAt, receipt.committedAt, receipt.emittedAt, receipt.shownAt]
    .filter((time) => time !== null)
    .map((time) => Date.parse(time));
  const parts = times.slice(1).map((time, place) => Math.max(1, time - (times[place] ?? time)));
  return (
    <div aria-hidden="true" className="flex h-1.5 gap-0.5 overflow-hidden rounded">
      {parts.map((part, place) => (
        <span
          key={SHADES[place]}
          className={`min-w-1 rounded-sm bg-brand ${SHADES[place]}`}
          style={{ flexGrow: part }}
        />
      ))}
    </div>
  );
}
