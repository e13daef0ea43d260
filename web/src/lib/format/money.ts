// Amounts come as strings in major units ("3000", "3000.50") with a currency; taka are written with lakh grouping.

/** "৳1,24,500", "৳3,000.50", "US$20". What is no number is shown as it came. */
export function money(amount: string, currency: string): string {
  const value = Number(amount);
  if (amount.trim() === "" || !Number.isFinite(value)) return amount;
  const decimals = amount.includes(".") ? { minimumFractionDigits: 2 } : { maximumFractionDigits: 0 };
  if (currency.toLowerCase() === "bdt") return `৳${new Intl.NumberFormat("en-IN", decimals).format(value)}`;
  try {
    return new Intl.NumberFormat("en-IN", { style: "currency", currency, ...decimals }).format(value);
  } catch {
    return `${amount} ${currency}`;
  }
}
