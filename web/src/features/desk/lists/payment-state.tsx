// What became of a payment, as a tag with an icon and a word.
import { CircleAlert, CircleCheck, Undo2 } from "lucide-react";
import { words as desk } from "../messages";
import type { Payment } from "./get-list";
import { words } from "./messages";

type State = Pick<Partial<Payment>, "status" | "needsLook">;

export function PaymentState({ payment }: { payment: State }) {
  const { tone, Icon, text } = stateOf(payment);
  return (
    <span className={`tag ${tone}`}>
      <Icon aria-hidden="true" />
      {text}
    </span>
  );
}

function stateOf({ status = "paid", needsLook }: State) {
  if (status === "disputed") return { tone: "tag-warn", Icon: CircleAlert, text: desk.disputed };
  if (status === "charged_back") return { tone: "tag-bad", Icon: CircleAlert, text: desk.chargedBack };
  if (needsLook) return { tone: "tag-warn", Icon: CircleAlert, text: words.paymentStatus.needs_look };
  if (status !== "paid") return { tone: "", Icon: Undo2, text: words.paymentStatus.refunded };
  return { tone: "tag-good", Icon: CircleCheck, text: words.paymentStatus.paid };
}
