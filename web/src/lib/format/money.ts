// Amounts come as strings in major units ("3000", "3000.50") with a currency; taka are written with lakh grouping.
import { language } from "@/lib/language";

/** "৳1,24,500", "৳৩,০০০.৫০", "US$20": the sign stands in front in both languages. What is no number is shown as it came. */
export function money(amount: string, currency: string): string {
  const value = Number(amount);
  if (amount.trim() === "" || !Number.isFinite(value)) return amount;
  const locale = language() === "bn" ? "en-IN-u-nu-beng" : "en-IN";
  const decimals = amount.includes(".") ? { minimumFractionDigits: 2 } : { maximumFractionDigits: 0 };
  if (currency.toLowerCase() === "bdt") return `৳${new Intl.NumberFormat(locale, decimals).format(value)}`;
  try {
    return new Intl.NumberFormat(locale, { style: "currency", currency, ...decimals }).format(value);
  } catch {
    return `${amount} ${currency}`;
  }
}
