// The filters of the payments, which live in the address, as those of the bookings do.
import { useNavigate } from "@tanstack/react-router";
import { Download } from "lucide-react";
import type { Metric } from "./get-list";
import { words } from "./messages";
import { PAYMENTS, type PaymentsSearch, query } from "./search";
import { SearchBox } from "./search-box";
import { Segments } from "./segments";

interface Props {
  /** Without its page: another filter begins at the top. */
  search: PaymentsSearch;
  metrics: readonly Metric[];
}

export function PaymentFilters({ search, metrics }: Props) {
  const navigate = useNavigate();
  const change = (part: { search?: string | undefined; status?: PaymentsSearch["status"] | undefined }) => {
    const next = { ...search, ...part, open: undefined };
    void navigate({
      to: "/dashboard/payments",
      search: Object.fromEntries(Object.entries(next).filter(([, value]) => value)),
    });
  };
  const look = metrics.find((metric) => metric._id === "needs_look");
  const options = [
    { key: "", name: words.all },
    ...PAYMENTS.map((key) => ({
      key,
      name: words.paymentStatus[key],
      ...(key === "needs_look" && { count: look ? Number(look.value) : null }),
    })),
  ];
  return (
    <search aria-label={words.filters} className="flex flex-col gap-2 border-b border-line p-2.5">
      <Segments
        label={words.filters}
        options={options}
        value={search.status ?? ""}
        onChange={(status) => change({ status: (status || undefined) as PaymentsSearch["status"] })}
      />
      <div className="flex gap-2">
        <SearchBox
          label={words.searchPayments}
          value={search.search ?? ""}
          onChange={(text) => change({ search: text })}
        />
        <a
          className="btn btn-line flex-none"
          href={`/api/payment/export?${query(search)}`}
          download
          aria-label={words.csvOf}
        >
          <Download size={16} strokeWidth={1.75} aria-hidden="true" />
          {words.csv}
        </a>
      </div>
    </search>
  );
}
