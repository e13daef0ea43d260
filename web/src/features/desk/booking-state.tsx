// What a booking's money and status say, as a tag with an icon and a word.
import { Ban, CircleAlert, CircleCheck, Clock, Undo2 } from "lucide-react";
import { money } from "@/lib/format/money";
import { words } from "./messages";
import type { BookingRow } from "./state";

export function BookingState({ booking }: { booking: BookingRow }) {
  const { status, paymentStatus, needsLook, dueAmount, currency, paymentOption } = booking;
  if (paymentStatus === "disputed") return <Tag tone="tag-warn" Icon={CircleAlert} text={words.disputed} />;
  if (paymentStatus === "charged_back") return <Tag tone="tag-bad" Icon={CircleAlert} text={words.chargedBack} />;
  if (needsLook) return <Tag tone="tag-warn" Icon={CircleAlert} text={words.look} />;
  if (paymentStatus === "refunded") return <Tag tone="tag-bad" Icon={Undo2} text={words.refunded} />;
  if (status === "cancelled") return <Tag tone="tag-bad" Icon={Ban} text={words.cancelled} />;
  if (status === "confirmed") return <Tag tone="tag-good" Icon={CircleCheck} text={words.confirmed} />;
  if (status === "completed") return <Tag tone="" Icon={CircleCheck} text={words.completed} />;
  if (paymentStatus === "partly_refunded") {
    return <Tag tone="tag-warn" Icon={Undo2} text={words.backPart(money(booking.amountRefunded ?? "", currency))} />;
  }
  if (Number(dueAmount) > 0 && paymentOption !== "half") {
    return <Tag tone="tag-warn" Icon={Clock} text={words.due(money(dueAmount ?? "", currency))} />;
  }
  const paid = dueAmount === undefined ? words.paidTag : Number(dueAmount) > 0 ? words.half : words.full;
  return <Tag tone="tag-good" Icon={CircleCheck} text={paid} />;
}

function Tag({ tone, Icon, text }: { tone: string; Icon: typeof Ban; text: string }) {
  return (
    <span className={`tag ${tone}`}>
      <Icon aria-hidden="true" />
      {text}
    </span>
  );
}
