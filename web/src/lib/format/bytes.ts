// Sizes of files as people read them.
import { readerLocale } from "./time";

/** "820 kB", "1.4 MB", in the reader's digits. */
export function bytes(size: number, locale = readerLocale()): string {
  const [unit, value] = size < 1_000_000 ? ["kilobyte", Math.max(1, size / 1_000)] : ["megabyte", size / 1_000_000];
  const digits = value < 10 && unit === "megabyte" ? 1 : 0;
  return new Intl.NumberFormat(locale, { style: "unit", unit: unit as string, maximumFractionDigits: digits }).format(
    value as number,
  );
}
