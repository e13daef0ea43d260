// The bar's sentence while the receipt alarm rings: what was paid and seen by nobody, or what the server has not sent.
import { Link } from "@tanstack/react-router";
import type { ReceiptAlarm } from "./get-receipt-state";
import { words } from "./messages";

export function AlarmSentence({ alarm }: { alarm: ReceiptAlarm }) {
  const { unseen, unsent, seconds } = alarm;
  return (
    <>
      <span
        role="alert"
        className="min-w-0 flex-1 text-[13px] leading-[17px] font-medium max-md:text-[12px] max-md:leading-[15px]"
      >
        {unseen > 0 && words.alarm.unseen(unseen, seconds)} {unsent > 0 && words.alarm.unsent(unsent, seconds)}
      </span>
      <Link to="/dashboard" className="btn btn-line btn-small">
        {words.alarm.show}
      </Link>
    </>
  );
}
