// Sizes of files as people read them.
import { words } from "./messages";
import { readerLocale } from "./time";

/** "820 kB", "1.4 MB", "১.৪ এমবি". */
export function bytes(size: number, locale = readerLocale()): string {
  const [unit, value] =
    size < 1_000_000 ? [words.kilobytes, Math.max(1, size / 1_000)] : [words.megabytes, size / 1_000_000];
  const maximumFractionDigits = value < 10 && size >= 1_000_000 ? 1 : 0;
  return unit(new Intl.NumberFormat(locale, { maximumFractionDigits }).format(value));
}
