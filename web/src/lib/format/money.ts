// Amounts come as strings in major units ("3000", "3000.50") with a currency; taka are written with lakh grouping.

/** "৳1,24,500", "৳3,000.50", "US$20". What is no number is shown as it came. */
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
  const key = `${currency} ${exact}`;
  const known = formats.get(key);
  if (known) return known;
  const decimals = exact ? { minimumFractionDigits: 2 } : { maximumFractionDigits: 0 };
  const made = new Intl.NumberFormat("en-IN", currency ? { style: "currency", currency, ...decimals } : decimals);
  formats.set(key, made);
  return made;
}
