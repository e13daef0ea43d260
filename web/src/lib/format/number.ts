// Numbers in the reader's digits. What is copied or compared (ids, codes, log lines, milliseconds) keeps Latin ones.
import { language, perLanguage } from "@/lib/language";

const whole = perLanguage((spoken) => new Intl.NumberFormat(spoken === "bn" ? "bn-BD" : "en-IN"));
const tenths = perLanguage(
  (spoken) =>
    new Intl.NumberFormat(spoken === "bn" ? "bn-BD" : "en-IN", { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
);

/** "1,24,500", "১,২৪,৫০০": grouped by lakhs. */
export const numeral = (value: number): string => whole().format(value);

/** "0.4", "০.৪" */
export const decimal = (value: number): string => tenths().format(value);

const BENGALI_ZERO = 0x09e6;

/** A text that somebody else has written, with its digits as the page writes them: "08:00" becomes "০৮:০০". */
export function digits(text: string | number): string {
  if (language() === "en") return String(text);
  return String(text).replaceAll(/\d/g, (digit) => String.fromCodePoint(BENGALI_ZERO + Number(digit)));
}
