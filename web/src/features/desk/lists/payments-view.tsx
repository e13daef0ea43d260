// /dashboard/payments: every payment at the left, what happened to the chosen one, and the figures.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type RefObject, useRef } from "react";
import { Avatar } from "@/components/avatar";
import { Loading } from "@/components/loading";
import { Problem } from "@/components/problem";
import { money } from "@/lib/format/money";
import { numeral } from "@/lib/format/number";
import { age } from "@/lib/format/time";
import { PANE, PANE_FOCUS, ROWS, rowOf } from "@/lib/keys/rows";
import { onServerClock } from "@/lib/server-clock";
import type { DeskData } from "../use-desk";
import { ChosenPayment } from "./chosen-payment";
import { type Metric, type Payment, paymentStatsQuery } from "./get-list";
import { words } from "./messages";
import { Pager } from "./pager";
import { PaymentFilters } from "./payment-filters";
import { PaymentState } from "./payment-state";
import { type PaymentsSearch, query, USUAL_LIMIT } from "./search";
import { type PaymentArrival, usePayments } from "./use-payments";
import { useKept, usePlace, useStart } from "./use-place";
import { VirtualList } from "./virtual-list";

const ROW = 66;
const TO = "/dashboard/payments";

interface Props {
  data: DeskData;
  search: PaymentsSearch;
}

export function PaymentsView({ data, search }: Props) {
  const navigate = useNavigate();
  const { data: metrics } = useQuery(paymentStatsQuery);
  const box = useRef<HTMLDivElement>(null);
  const { page = 1, ...rest } = search;
  const { range, onRange, show } = usePlace(box, {
    ...{ rowHeight: ROW, limit: USUAL_LIMIT, page },
    onPage: (number) => void navigate({ to: TO, search: number > 1 ? { ...rest, page: number } : rest, replace: true }),
  });
  const found = usePayments(data.connection, search, range);
  return (
    <div className="grid min-h-0 min-w-0 md:col-span-full md:grid-cols-[312px_minmax(0,1fr)] xl:grid-cols-[312px_minmax(0,1fr)_300px]">
      <section
        aria-labelledby="payments-view"
        {...PANE}
        className={`flex min-h-0 min-w-0 flex-col overflow-y-auto md:border-r md:border-line ${search.open ? "max-md:hidden" : ""}`}
      >
        <h2 id="payments-view" className="sr-only">
          {words.payments}
        </h2>
        <PaymentFilters search={rest} metrics={metrics ?? []} />
        <Payments
          key={query(search)}
          {...{ found, box, range, onRange, show }}
          start={(page - 1) * USUAL_LIMIT}
          search={rest}
          now={data.live.now}
        />
      </section>
      <ChosenPayment payment={found.chosen} problem={found.chosenProblem} any={found.total > 0} search={rest} />
      {metrics && <Figures metrics={metrics} />}
    </div>
  );
}

interface PaymentsProps extends ReturnType<typeof usePlace> {
  found: ReturnType<typeof usePayments>;
  box: RefObject<HTMLDivElement | null>;
  /** The row at which the address begins. */
  start: number;
  search: PaymentsSearch;
  now: number;
}

function Payments({ found, box, range, onRange, show, start, search, now }: PaymentsProps) {
  useStart(box, found.total, start, ROW);
  useKept(box, ROW, found.keyOf);
  return (
    <>
      {found.problem && (
        <div className="p-3">
          <Problem text={words.paymentsFailed(found.problem)} onRetry={found.refetch} />
        </div>
      )}
      <div ref={box} className="min-h-33 flex-1 overflow-y-auto -outline-offset-2" {...ROWS} {...PANE_FOCUS}>
        <VirtualList
          {...{ box, onRange }}
          label={words.payments}
          keyOf={found.keyOf}
          total={found.total}
          rowHeight={ROW}
          rowRole="listitem"
        >
          {(index) => <Row payment={found.row(index)} search={search} now={now} />}
        </VirtualList>
        {!found.loaded && !found.problem && <Loading rowHeight={ROW} />}
        {found.loaded && found.total === 0 && (
          <p className="p-4 text-ink-2">{query(search) === "" ? words.nothingPaidYet : words.nothingPaid}</p>
        )}
      </div>
      <div className="flex h-11 flex-none pointer-coarse:h-[52px] items-center border-t border-line bg-bg px-3">
        <Pager
          first={range[0]}
          last={range[1]}
          total={found.total}
          none={found.loaded ? words.noPayments : ""}
          filtered={query(search) !== ""}
          limit={USUAL_LIMIT}
          onShow={show}
        />
      </div>
    </>
  );
}

interface RowProps {
  payment: Payment | PaymentArrival | null;
  search: PaymentsSearch;
  now: number;
}

function Row({ payment, search, now }: RowProps) {
  if (!payment) return <span className="block h-full border-b border-line" />;
  const name = payment.userName || words.unknown;
  const open = payment._id !== null && payment._id === search.open;
  const body = (
    <>
      <Avatar id={payment.userId ?? ""} name={name} />
      <span className="min-w-0 flex-1">
        <span className="flex items-baseline justify-between gap-2">
          <span className="truncate font-[550]" title={name}>
            {name}
          </span>
          <span className="font-[650] tabular-nums">{money(payment.amountPaid, payment.currency ?? "")}</span>
        </span>
        <span className="flex items-center justify-between gap-2">
          <PaymentState payment={payment} />
          <span className="text-tiny text-ink-3 tabular-nums">
            {age(Date.parse(payment.createdAt), onServerClock(now))}
          </span>
        </span>
      </span>
    </>
  );
  const shape = `flex h-full items-center gap-2.5 border-b border-line px-3.5 text-ink hover:no-underline ${open ? "chosen" : ""}`;
  if (payment._id === null)
    return (
      <span className={`${shape} lit`} data-payment-of={payment.trackingId}>
        {body}
      </span>
    );
  return (
    <Link
      to={TO}
      search={{ ...search, open: payment._id }}
      aria-current={open ? "true" : undefined}
      className={`${shape} -outline-offset-2 hover:bg-hover`}
      data-payment-of={payment.trackingId}
      {...rowOf(payment._id)}
    >
      {body}
    </Link>
  );
}

function Figures({ metrics }: { metrics: readonly Metric[] }) {
  const of = (id: string) => metrics.find((metric) => metric._id === id);
  const line = (name: string, id: string, taka: boolean) => (
    <div className="flex justify-between gap-2 border-b border-line py-2">
      <dt className="text-ink-2">{name}</dt>
      <dd className="font-[650] tabular-nums">
        {taka ? money(String(of(id)?.value ?? 0), "bdt") : numeral(Number(of(id)?.value ?? 0))}
      </dd>
    </div>
  );
  const change = of("paid_week")?.change;
  return (
    <aside
      aria-label={words.payment.figures}
      className="min-h-0 overflow-y-auto border-l border-line p-4 max-xl:hidden"
    >
      <h2 className="font-[650]">{words.payment.figures}</h2>
      <dl className="mt-2">
        {line(words.stats.paidToday, "paid_today", true)}
        {line(words.stats.paymentsWeek, "payments_week", false)}
        {line(words.stats.needsLook, "needs_look", false)}
      </dl>
      <p className="mt-2 text-xs text-ink-3">
        {words.stats.paidWeek(money(String(of("paid_week")?.value ?? 0), "bdt"))},{" "}
        {change === null || change === undefined ? words.stats.noChange : words.stats.change(change)}
      </p>
    </aside>
  );
}
