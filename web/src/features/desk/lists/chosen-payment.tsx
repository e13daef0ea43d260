// The chosen payment beside the list: what was paid, how it reached the screens, and what happened to it since.
import { Link, useNavigate } from "@tanstack/react-router";
import { ArrowLeft, CreditCard } from "lucide-react";
import { useLayoutEffect, useRef } from "react";
import { Loading } from "@/components/loading";
import { Problem } from "@/components/problem";
import { useNames } from "@/lib/catalogue";
import { money } from "@/lib/format/money";
import { useCommand } from "@/lib/keys/commands";
import { PANE, takeFocusOver } from "@/lib/keys/rows";
import type { Payment } from "./get-list";
import { words } from "./messages";
import { PaymentState, sinceThen } from "./payment-state";
import { ReceiptTrace } from "./receipt-trace";
import type { PaymentsSearch } from "./search";
import { Sentences } from "./sentences";

const TO = "/dashboard/payments";

interface Props {
  payment: Payment | null | undefined;
  problem: string | null;
  /** Whether the list has one to choose. */
  any: boolean;
  search: PaymentsSearch;
}

export function ChosenPayment({ payment, problem, any, search }: Props) {
  const { open, ...closed } = search;
  const pane = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (open) takeFocusOver(pane.current);
  }, [open]);
  const navigate = useNavigate();
  useCommand("back", open ? () => void navigate({ to: TO, search: closed }) : null);
  if (!open) return any ? <Choose /> : <span className="max-md:hidden" />;
  return (
    <section
      ref={pane}
      aria-label={words.payment.label}
      className="min-h-0 min-w-0 overflow-y-auto -outline-offset-2"
      data-payment={payment?._id}
      {...PANE}
    >
      <Link to={TO} search={closed} className="btn btn-quiet mt-3 ml-3 px-2 md:hidden" aria-label={words.payment.back}>
        <ArrowLeft size={18} strokeWidth={1.75} aria-hidden="true" />
      </Link>
      {payment && <OnePayment payment={payment} />}
      {payment === null && <p className="p-6 text-ink-2">{words.payment.noSuch}</p>}
      {payment === undefined && (problem ? <Failed problem={problem} /> : <Loading />)}
    </section>
  );
}

function Choose() {
  return (
    <div className="grid content-center justify-items-center gap-4 p-6 text-center max-md:hidden">
      <span className="grid size-12 place-items-center rounded-xl bg-sunken text-ink-2">
        <CreditCard size={24} strokeWidth={1.6} aria-hidden="true" />
      </span>
      <p className="text-[15px] leading-6 text-ink-2">{words.payment.choose}</p>
    </div>
  );
}

function Failed({ problem }: { problem: string }) {
  return (
    <div className="p-3">
      <Problem text={words.paymentsFailed(problem)} />
    </div>
  );
}

function OnePayment({ payment }: { payment: Payment }) {
  const names = useNames();
  const name = payment.userName || words.unknown;
  return (
    <>
      <header className="border-b border-line p-5 max-md:pt-1">
        <p className="flex flex-wrap items-center gap-x-2 text-ink-2">
          {payment.userId ? (
            <Link to="/dashboard" search={{ view: "chat", with: payment.userId }} className="target">
              {name}
            </Link>
          ) : (
            name
          )}
          <span>{names(payment.serviceName)}</span>
          <span className="mono">{payment.trackingId}</span>
        </p>
        <div className="mt-1 flex flex-wrap items-center gap-3">
          <h2 className="page-title tabular-nums">{money(payment.amountPaid, payment.currency ?? "")}</h2>
          <PaymentState payment={payment} />
        </div>
        {/* The place of the refund form. */}
        <p className="mt-3 rounded-lg bg-sunken px-3 py-2 text-xs text-ink-2">{words.payment.refundRoom}</p>
      </header>
      <div className="p-5">
        <h3 className="mb-3 font-[650]">
          {words.payment.happened} <span className="text-xs font-normal text-ink-3">{words.payment.happenedHint}</span>
        </h3>
        {payment.trackingId && <ReceiptTrace trackingId={payment.trackingId} />}
        <Sentences all={sinceThen(payment)} />
        <dl className="mt-5 grid grid-cols-[84px_minmax(0,1fr)] gap-y-1.5 text-xs">
          <dt className="text-ink-3">{words.payment.provider}</dt>
          <dd>{words.payment.providers[payment.provider] ?? payment.provider}</dd>
          <dt className="text-ink-3">{words.payment.session}</dt>
          <dd className="mono break-all">{payment.sessionId ?? "–"}</dd>
        </dl>
      </div>
    </>
  );
}
