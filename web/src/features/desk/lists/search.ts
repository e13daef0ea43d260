// What stands in the address of the lists, in the words of the API. It comes from anybody: what does not fit is left out.
import { whole } from "@/lib/whole";

export const SORTS = ["newest", "oldest", "price_high", "price_low", "date_soonest", "date_latest"] as const;
export const STATUSES = ["booked", "confirmed", "cancelled", "completed"] as const;
export const PAYMENTS = ["paid", "refunded", "disputed", "needs_look"] as const;
export const USUAL_LIMIT = 20;
const MOST = 100;

export interface Filter {
  search?: string;
  sortby?: (typeof SORTS)[number];
  status?: (typeof STATUSES)[number];
  duration?: "hours" | "days";
  caregiver?: "assigned" | "unassigned";
  division?: string;
}

export interface BookingsSearch extends Filter {
  page?: number;
  limit?: number;
  /** The tracking id of the booking whose customer is shown beside the list. */
  open?: string;
}

export interface PaymentsSearch {
  search?: string;
  status?: (typeof PAYMENTS)[number];
  page?: number;
  /** The payment that is shown beside the list. */
  open?: string;
}

type Given = Record<string, unknown>;

export function bookingsSearch(given: Given): BookingsSearch {
  return whole<BookingsSearch>({
    search: text(given.search),
    sortby: word(given.sortby, SORTS),
    status: word(given.status, STATUSES),
    duration: word(given.duration, ["hours", "days"] as const),
    caregiver: word(given.caregiver, ["assigned", "unassigned"] as const),
    division: given.division === "all" ? undefined : text(given.division),
    page: number(given.page, 1_000_000),
    limit: number(given.limit, MOST),
    open: text(given.open),
  });
}

export function paymentsSearch(given: Given): PaymentsSearch {
  return whole<PaymentsSearch>({
    search: text(given.search),
    status: word(given.status, PAYMENTS),
    page: number(given.page, 1_000_000),
    open: text(given.open),
  });
}

/** As a query string, in one order: the same list has the same address. */
export function query(filter: Filter | PaymentsSearch, more: Record<string, string | number> = {}): string {
  const names = ["search", "sortby", "status", "duration", "caregiver", "division"] as const;
  const values = filter as Record<string, string | undefined>;
  const words = new URLSearchParams();
  for (const name of names) if (values[name]) words.set(name, values[name]);
  for (const [name, value] of Object.entries(more)) words.set(name, String(value));
  return words.toString();
}

function text(value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  return String(value).slice(0, 200) || undefined;
}

function word<T extends string>(value: unknown, words: readonly T[]): T | undefined {
  return words.find((known) => known === value);
}

function number(value: unknown, most: number): number | undefined {
  const found = Number(value);
  return Number.isInteger(found) && found >= 1 && found <= most ? found : undefined;
}
