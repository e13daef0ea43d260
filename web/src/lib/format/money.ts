// Amounts come as strings in major units ("3000", "3000.50") with a currency; taka are written with lakh grouping.
import { language } from "@/lib/language";

/** "৳1,24,500", "৳৩,০০০.৫০", "US$20": the sign stands in front in both languages. What is no number is shown as it came. */
export function money(amount: string, currency: string): string {
  const value = Number(amount);
  if (amount.trim() === "" || !Number.isFinite(value)) return amount;
  const exact = amount.includes(".");
  if (currency.toLowerCase() === "bdt") return `৳${formatOf(exact, "").format(value)}`;
  try {
    return formatOf(exact, currency).format(value);
  } catch {
    return `${amount} ${currency}`;
  }
}

/** To make one takes longer than to draw the row it is for. */
const formats = new Map<string, Intl.NumberFormat>();

function formatOf(exact: boolean, currency: string): Intl.NumberFormat {
  const locale = language() === "bn" ? "en-IN-u-nu-beng" : "en-IN";
  const key = `${locale} ${currency} ${exact}`;
  const known = formats.get(key);
  if (known) return known;
  const decimals = exact ? { minimumFractionDigits: 2 } : { maximumFractionDigits: 0 };
  const made = new Intl.NumberFormat(locale, currency ? { style: "currency", currency, ...decimals } : decimals);
  formats.set(key, made);
  return made;
}
