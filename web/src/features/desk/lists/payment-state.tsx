// What became of a payment: as a tag with an icon and a word, and step by step.
import { CircleAlert, CircleCheck, Undo2 } from "lucide-react";
import { money } from "@/lib/format/money";
import { words as desk } from "../messages";
import type { Payment } from "./get-list";
import { looks } from "./looks";
import { words } from "./messages";

type State = Pick<Partial<Payment>, "status" | "needsLook" | "amountRefunded" | "currency">;

export function PaymentState({ payment }: { payment: State }) {
  const { tone, Icon, text } = stateOf(payment);
  return (
    <span className={`tag ${tone}`}>
      <Icon aria-hidden="true" />
      {text}
    </span>
  );
}

function stateOf({ status = "paid", needsLook, amountRefunded = "", currency }: State) {
  const part = desk.backPart(money(amountRefunded, currency ?? ""));
  if (status === "disputed") return { tone: "tag-warn", Icon: CircleAlert, text: desk.disputed };
  if (status === "charged_back") return { tone: "tag-bad", Icon: CircleAlert, text: desk.chargedBack };
  if (needsLook) return { tone: "tag-warn", Icon: CircleAlert, text: words.paymentStatus.needs_look };
  if (status === "refunded") return { tone: "", Icon: Undo2, text: words.paymentStatus.refunded };
  if (status === "partly_refunded") return { tone: "tag-warn", Icon: Undo2, text: part };
  return { tone: "tag-good", Icon: CircleCheck, text: words.paymentStatus.paid };
}

/** What happened after it was paid, in sentences. A lost dispute's money is among what went back. */
export function sinceThen({ amountPaid, amountRefunded, currency, status, bookingId, lookReason }: Payment) {
  const back = money(amountRefunded, currency ?? "");
  const paid = money(amountPaid, currency ?? "");
  const said = [
    Number(amountRefunded) > 0 && { Icon: Undo2, text: words.payment.wentBack(back, paid) },
    status === "disputed" && { Icon: CircleAlert, text: words.payment.disputed },
    status === "charged_back" && { Icon: CircleAlert, text: words.payment.chargedBack },
    bookingId === null && { Icon: CircleAlert, text: words.payment.noBooking },
    ...looks(lookReason).map((why) => ({ Icon: CircleAlert, text: words.payment.look(why) })),
  ];
  return said.filter((step) => step !== false);
}
