// The filters of the bookings, which live in the address: each change is a step that the back button undoes.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { useNames } from "@/lib/catalogue";
import { getDivisions } from "./get-divisions";
import { words } from "./messages";
import { type BookingsSearch, query, SORTS, STATUSES } from "./search";
import { SearchBox } from "./search-box";
import { Segments } from "./segments";

interface Props {
  search: BookingsSearch;
  counts: Readonly<Record<string, number>>;
}

export function BookingFilters({ search, counts }: Props) {
  const navigate = useNavigate();
  const { data: divisions } = useQuery({
    queryKey: ["divisions"],
    queryFn: ({ signal }) => getDivisions(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const known = divisions ?? (search.division ? [search.division] : []);
  const names = useNames();
  const change = (part: { [K in keyof BookingsSearch]?: BookingsSearch[K] | undefined }) => {
    const { page: _, open: __, ...kept } = { ...search, ...part };
    const next = Object.fromEntries(Object.entries(kept).filter(([, value]) => value)) as BookingsSearch;
    void navigate({ to: "/dashboard/bookings", search: next });
  };
  const statuses = [
    { key: "", name: words.all, count: counts.total ?? null },
    ...STATUSES.map((key) => ({ key, name: words.status[key], count: counts[key] ?? null })),
  ];
  return (
    <search aria-label={words.filters} className="flex flex-wrap items-center gap-2 border-b border-line p-2.5 px-4">
      {/* Its place does not depend on the counts, which come late: the others stay where they are. */}
      <div className="flex min-w-0 flex-[0_1_460px]">
        <Segments
          label={words.columns.status}
          options={statuses}
          value={search.status ?? ""}
          onChange={(status) => change({ status: (status || undefined) as BookingsSearch["status"] })}
        />
      </div>
      <SearchBox label={words.search} value={search.search ?? ""} onChange={(text) => change({ search: text })} />
      <Choice
        label={words.caregiver}
        value={search.caregiver ?? ""}
        options={words.caregivers}
        onChange={(value) => change({ caregiver: value as BookingsSearch["caregiver"] })}
      />
      <Choice
        label={words.division}
        value={search.division ?? ""}
        options={Object.fromEntries(known.map((name) => [name, names(name)]))}
        onChange={(value) => change({ division: value })}
      />
      <Choice
        label={words.duration}
        value={search.duration ?? ""}
        options={words.durations}
        onChange={(value) => change({ duration: value as BookingsSearch["duration"] })}
      />
      <span className="flex-1 max-md:hidden" />
      <select
        aria-label={words.sort}
        className="btn btn-quiet"
        value={search.sortby ?? "newest"}
        onChange={({ target }) =>
          change({ sortby: target.value === "newest" ? undefined : (target.value as BookingsSearch["sortby"]) })
        }
      >
        {SORTS.map((key) => (
          <option key={key} value={key}>
            {words.sorts[key]}
          </option>
        ))}
      </select>
      <a className="btn btn-line" href={`/api/booking/export?${query(search)}`} download aria-label={words.csvOf}>
        <Download size={16} strokeWidth={1.75} aria-hidden="true" />
        <span className="max-md:hidden">{words.csv}</span>
      </a>
    </search>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: Readonly<Record<string, string>>;
  onChange: (value: string | undefined) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <select
      aria-label={label}
      className={`btn ${value ? "border-accent-line bg-tint font-[650] text-accent-ink" : "btn-line"}`}
      value={value}
      onChange={({ target }) => onChange(target.value || undefined)}
    >
      <option value="">
        {label}: {words.all}
      </option>
      {Object.entries(options).map(([key, name]) => (
        <option key={key} value={key}>
          {name}
        </option>
      ))}
    </select>
  );
}
