// Times as people read them: 24 hours, the reader's clock. Ages first, then the hour, then the day.
import { language, perLanguage } from "@/lib/language";
import { words } from "./messages";
import { decimal, digits, numeral } from "./number";

const written = (options: Intl.DateTimeFormatOptions) =>
  perLanguage((spoken) => new Intl.DateTimeFormat(spoken === "bn" ? "bn-BD" : "en-GB", options));

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
const clockFormat = written(CLOCK);
const latinClockFormat = new Intl.DateTimeFormat("en-GB", CLOCK);
const hourFormat = written({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const weekdayFormat = written({ weekday: "short" });
const dayFormat = written({ day: "numeric", month: "short" });
const dayYearFormat = written({ day: "numeric", month: "short", year: "numeric" });

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "10:30:15" */
export const clock = (time: number): string => clockFormat().format(time);

/** The same for log lines, which are in Latin digits in every language. */
export const latinClock = (time: number): string => latinClockFormat.format(time);

/** "10:30" */
export const hour = (time: number): string => hourFormat().format(time);

/** "now", "12 s", "4 min", then "10:30" today, "Sun" within six days, "14 Aug", "14 Aug 2024". */
export function age(time: number, now: number): string {
  const past = now - time;
  if (past < SECOND) return words.now;
  if (past < MINUTE) return words.seconds(numeral(Math.floor(past / SECOND)));
  if (past < HOUR) return words.minutes(numeral(Math.floor(past / MINUTE)));
  if (sameDay(time, now)) return hour(time);
  if (past < 6 * DAY) return weekdayFormat().format(time);
  return new Date(time).getFullYear() === new Date(now).getFullYear()
    ? dayFormat().format(time)
    : dayYearFormat().format(time);
}

/** "0.4 s ago", "12 s ago", "3 min ago": how old the last proof of life is. */
export const ago = (ms: number): string => words.ago(duration(Math.max(0, ms)));

/** "0.4 s", "12 s", "3 min", "2 h": how long a step took; up to ten seconds its tenths count. */
export function duration(ms: number): string {
  return ms < 10 * SECOND ? words.seconds(decimal(Math.floor(ms / 100) / 10)) : lasting(ms);
}

/** "40 s", "3 min", "2 h": how long something lasted. */
export function lasting(ms: number): string {
  if (ms < MINUTE) return words.seconds(numeral(Math.max(1, Math.floor(ms / SECOND))));
  if (ms < HOUR) return words.minutes(numeral(Math.floor(ms / MINUTE)));
  return words.hours(numeral(Math.floor(ms / HOUR)));
}

/** "Today", "Yesterday", "Sun 15 Nov", "15 Nov 2024", for the line between two days, in the reader's language. */
export function dayName(time: number, now: number, locale = readerLocale()): string {
  const days = Math.round((midnight(time) - midnight(now)) / DAY); // where clocks change, a day has 23 hours
  const { relative, ofThisYear, ofAnother } = daysIn(locale);
  if (days === 0 || days === -1) return capital(relative.format(days, "day"), locale);
  const sameYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? ofThisYear : ofAnother).format(time);
}

/** What the page speaks; English with the region of the reader's browser. */
export function readerLocale(): string {
  if (language() === "bn") return "bn-BD";
  return navigator.languages?.find((one) => one.split("-")[0] === "en" && isLocale(one)) ?? "en-GB";
}

/** Some browsers name a language that they do not know themselves ("en-US@posix"). */
function isLocale(language: string): boolean {
  try {
    return Intl.getCanonicalLocales(language).length > 0;
  } catch {
    return false;
  }
}

const DAY_AND_MONTH = { day: "numeric", month: "short" } as const;
const inLocale = (locale: string) => ({
  relative: new Intl.RelativeTimeFormat(locale, { numeric: "auto" }),
  ofThisYear: new Intl.DateTimeFormat(locale, { ...DAY_AND_MONTH, weekday: "short" }),
  ofAnother: new Intl.DateTimeFormat(locale, { ...DAY_AND_MONTH, year: "numeric" }),
});
const made = new Map<string, ReturnType<typeof inLocale>>();

/** Made once: a conversation names all of its days whenever it is drawn. */
function daysIn(locale: string) {
  const days = made.get(locale) ?? inLocale(locale);
  made.set(locale, days);
  return days;
}

const capital = (text: string, locale: string) => text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);

/** Where the reader's day began. */
export function midnight(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

export function sameDay(one: number, other: number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

/** A calendar date of a booking ("2026-11-25") has no clock and no zone: it is shown as it is written. */
export function calendarDay(date: string): string {
  const parts = /^(\d{4})-(\d{2})-(\d{2})/.exec(date);
  if (!parts) return date;
  const local = new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]));
  if (local.getDate() !== Number(parts[3])) return date; // there is no such day, and no other is meant
  return `${weekdayFormat().format(local)} ${dayFormat().format(local)}`;
}

/** When a caregiver comes: "Wed 25 Nov, 08:00-12:00". What is not known is left out. */
export function visitTime(date: string | null | undefined, slot: string | null | undefined): string {
  return [date && calendarDay(date), slot && digits(slot)].filter(Boolean).join(", ");
}
