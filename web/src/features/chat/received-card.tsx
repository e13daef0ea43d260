// A payment in the stream of the conversation: money and talk are one story.
import { Banknote } from "lucide-react";
import type { Between } from "@/components/conversation/message-list";
import { money } from "@/lib/format/money";
import { clock } from "@/lib/format/time";
import { useLanguage } from "@/lib/language";
import type { OwnPayment } from "./get-own";
import { words } from "./messages";
import { paidTime } from "./steps";

const say = words.booking;

export function inStream(payments: readonly OwnPayment[]): Between[] {
  return payments
    .toReversed() // of one second, too, the older is above
    .map((payment) => ({ key: payment._id, time: paidTime(payment), content: <ReceivedCard payment={payment} /> }))
    .sort((one, other) => one.time - other.time);
}

function ReceivedCard({ payment }: { payment: OwnPayment }) {
  useLanguage(); // the list of them is kept, and says nothing of a change
  const { amountPaid, amountRefunded, currency, trackingId } = payment;
  const back = Number(amountRefunded) > 0 && say.back(money(amountRefunded, currency ?? ""));
  return (
    <section
      aria-label={say.payment}
      data-received={payment._id}
      className="my-2.5 flex items-center gap-3 rounded-[10px] border border-accent-line bg-linear-to-r from-tint to-surface px-3 py-2.5"
    >
      <span className="grid size-[30px] flex-none place-items-center rounded-md bg-solid text-on-solid">
        <Banknote size={16} strokeWidth={1.75} aria-hidden="true" />
      </span>
      <span className="min-w-0 flex-1 wrap-anywhere">
        <span className="block text-sm leading-5 font-[650]">
          {back ? say.receivedOnce(money(amountPaid, currency ?? "")) : say.received(money(amountPaid, currency ?? ""))}
        </span>
        <span className="block text-xs leading-[18px] text-ink-2 tabular-nums">
          {[clock(paidTime(payment)), trackingId, back].filter(Boolean).join(" · ")}
        </span>
      </span>
    </section>
  );
}
