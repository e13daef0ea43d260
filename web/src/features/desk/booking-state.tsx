// What a booking's money and status say, as a tag with an icon and a word.
import { Ban, CircleAlert, CircleCheck, Clock, Undo2 } from "lucide-react";
import { useNames } from "@/lib/catalogue";
import { money } from "@/lib/format/money";
import { words } from "./messages";
import type { BookingRow } from "./state";

interface Props {
  booking: BookingRow;
  /** Whether the tag says of which service, too. Where there is no room for both, the state is read whole. */
  service?: boolean;
}

export function BookingState({ booking, service = false }: Props) {
  const names = useNames();
  const { tone, Icon, text } = look(booking);
  const name = service ? names(booking.serviceName) : "";
  const state = name ? ` · ${text}` : text;
  return (
    <span className={`tag max-w-full ${tone}`} title={name + state}>
      <Icon aria-hidden="true" className="flex-none" />
      <span className="flex min-w-0 whitespace-pre">
        {name && <span className="truncate">{name}</span>}
        <span className="max-w-full flex-none overflow-hidden text-ellipsis">{state}</span>
      </span>
    </span>
  );
}

interface Look {
  tone: string;
  Icon: typeof Ban;
  text: string;
}

function look({ status, paymentStatus, needsLook, ...booking }: BookingRow): Look {
  const { dueAmount, currency, paymentOption } = booking;
  if (paymentStatus === "disputed") return { tone: "tag-warn", Icon: CircleAlert, text: words.disputed };
  if (paymentStatus === "charged_back") return { tone: "tag-bad", Icon: CircleAlert, text: words.chargedBack };
  if (needsLook) return { tone: "tag-warn", Icon: CircleAlert, text: words.look };
  if (paymentStatus === "refunded") return { tone: "tag-bad", Icon: Undo2, text: words.refunded };
  if (status === "cancelled") return { tone: "tag-bad", Icon: Ban, text: words.cancelled };
  if (status === "confirmed") return { tone: "tag-good", Icon: CircleCheck, text: words.confirmed };
  if (status === "completed") return { tone: "", Icon: CircleCheck, text: words.completed };
  if (paymentStatus === "partly_refunded") {
    return { tone: "tag-warn", Icon: Undo2, text: words.backPart(money(booking.amountRefunded ?? "", currency)) };
  }
  const due = Number(dueAmount) > 0;
  if (due && paymentOption !== "half") {
    return { tone: "tag-warn", Icon: Clock, text: words.due(money(dueAmount ?? "", currency)) };
  }
  const paid = dueAmount === undefined ? words.paidTag : due ? words.half : words.full;
  return { tone: "tag-good", Icon: CircleCheck, text: paid };
}
