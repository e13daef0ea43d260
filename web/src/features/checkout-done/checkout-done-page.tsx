// /booking/done?session_id=…: where the payment provider sends a family back to. What the address says is only which
// checkout is meant; how it stands is asked of the server. Nothing in the address leads anywhere else.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Loading } from "@/components/loading";
import { PageHeader } from "@/components/page-header";
import { Problem } from "@/components/problem";
import { money } from "@/lib/format/money";
import { useTitle } from "@/lib/use-title";
import { words } from "./messages";
import { type Confirmed, postConfirm } from "./post-confirm";

const UNSETTLED = ["processing", "open"];

/** ms until we ask again: three seconds at first, then less and less often. */
const pause = (asked: number) => 3_000 * 2 ** Math.min(4, Math.floor(asked / 5));

export function CheckoutDonePage({ sessionId }: { sessionId?: string | undefined }) {
  const heading = useTitle(words.title);
  return (
    <div className="flex min-h-full flex-col">
      <PageHeader title={words.title} heading={heading} />
      <main className="mx-auto w-full max-w-[560px] px-4 py-10">
        {sessionId ? <Checkout sessionId={sessionId} /> : <Nothing />}
      </main>
    </div>
  );
}

function Nothing() {
  return (
    <>
      <p className="text-[15px] leading-6">{words.noSession}</p>
      <ToChat />
    </>
  );
}

function ToChat() {
  return (
    <Link to="/chat" className="btn btn-line mt-5">
      {words.toChat}
    </Link>
  );
}

function Checkout({ sessionId }: { sessionId: string }) {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["checkout", sessionId],
    queryFn: () => postConfirm(sessionId),
    retry: false,
    refetchInterval: ({ state }) =>
      state.data && !UNSETTLED.includes(state.data.state)
        ? false
        : pause(state.dataUpdateCount + state.errorUpdateCount),
  });
  if (isPending) return <Loading />;
  return (
    <div className="flex flex-col gap-4">
      {error && <Problem text={error.message} onRetry={() => void refetch()} />}
      {error && <p className="text-ink-2">{words.again}</p>}
      {data && <Standing checkout={data} />}
    </div>
  );
}

function Standing({ checkout }: { checkout: Confirmed }) {
  const { title, text } = words.states[checkout.state] ?? words.recorded;
  return (
    <section className="card p-5 shadow-1" aria-live="polite">
      <h2 className="page-title">{title}</h2>
      <p className="mt-1 text-[15px] leading-6 text-ink-2">{text}</p>
      {checkout.trackingId && (
        <dl className="mt-4 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
          <dt className="text-ink-2">{words.tracking}</dt>
          <dd className="font-[650] wrap-anywhere">{checkout.trackingId}</dd>
          <dt className="text-ink-2">{words.paid}</dt>
          <dd>{money(checkout.amountPaid, checkout.currency ?? "")}</dd>
        </dl>
      )}
      <ToChat />
    </section>
  );
}
