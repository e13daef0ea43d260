import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { speak } from "@/lib/language";
import { money } from "./money";
import { decimal, digits, numeral } from "./number";
import { age, ago, calendarDay, clock, dayName, hour, latinClock, readerLocale, visitTime } from "./time";

const NOON = new Date(2026, 10, 23, 12, 0, 0).getTime();
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test("a clock time has 24 hours and leading zeros", () => {
  expect(clock(new Date(2026, 0, 1, 0, 5, 9).getTime())).toBe("00:05:09");
  expect(hour(new Date(2026, 0, 1, 23, 5).getTime())).toBe("23:05");
});

describe("age", () => {
  test.each([
    [0, "now"],
    [999, "now"],
    [2 * SECOND, "2 s"],
    [59 * SECOND, "59 s"],
    [4 * MINUTE, "4 min"],
    [2 * HOUR, "10:00"],
    [13 * HOUR, "Sun"],
    [3 * DAY, "Fri"],
    [6 * DAY, "17 Nov"], // a weekday would soon be today's
    [40 * DAY, "14 Oct"],
    [400 * DAY, "19 Oct 2025"],
  ])("%i ms ago is %s", (past, words) => {
    expect(age(NOON - past, NOON)).toBe(words);
  });

  test("a time of a clock that runs ahead is now", () => {
    expect(age(NOON + MINUTE, NOON)).toBe("now");
  });
});

test("the last proof of life is told in tenths while it is young", () => {
  expect([ago(-5), ago(400), ago(9_940), ago(12_300), ago(3 * MINUTE), ago(2 * HOUR)]).toEqual([
    "0.0 s ago",
    "0.4 s ago",
    "9.9 s ago",
    "12 s ago",
    "3 min ago",
    "2 h ago",
  ]);
});

test("days have names", () => {
  const days = (locale: string) => [0, 1, 5, 365].map((past) => dayName(NOON - past * DAY, NOON, locale));
  expect(days("en-GB")).toEqual(["Today", "Yesterday", "Wed 18 Nov", "23 Nov 2025"]);
  expect(days("bn-BD").slice(0, 3)).toEqual(["আজ", "গতকাল", "বুধ ১৮ নভে"]);
});

test("what names the days is made once, however many are named", () => {
  let made = 0;
  class Counted extends Intl.DateTimeFormat {
    constructor(...given: ConstructorParameters<typeof Intl.DateTimeFormat>) {
      super(...given);
      made += 1;
    }
  }
  vi.stubGlobal("Intl", Object.create(Intl, { DateTimeFormat: { value: Counted } }));
  for (const past of [0, 1, 5, 6, 365, 366]) dayName(NOON - past * DAY, NOON, "en-AU");
  expect(made).toBe(2);
  vi.unstubAllGlobals();
});

test("a language that no browser can format is passed over", () => {
  vi.stubGlobal("navigator", { languages: ["en-US@posix", "en-IN"] });
  expect(readerLocale()).toBe("en-IN");
  vi.stubGlobal("navigator", { languages: ["en-US@posix"] });
  expect(dayName(NOON - 5 * DAY, NOON)).toBe("Wed 18 Nov");
  vi.unstubAllGlobals();
});

test("a calendar date is shown as written, whatever the zone", () => {
  expect(calendarDay("2026-11-25")).toBe("Wed 25 Nov");
  expect(calendarDay("2026-11-25T22:00:00.000Z")).toBe("Wed 25 Nov");
  expect(calendarDay("soon")).toBe("soon");
  expect(calendarDay("2028-02-29")).toBe("Tue 29 Feb");
  expect(calendarDay("2027-02-29")).toBe("2027-02-29"); // not the first of March
});

test("a visit is told by its day and its hours, as far as they are known", () => {
  expect(visitTime("2026-11-25", "08:00-12:00")).toBe("Wed 25 Nov, 08:00-12:00");
  expect(visitTime("2026-11-25", null)).toBe("Wed 25 Nov");
  expect(visitTime(null, undefined)).toBe("");
});

describe("in Bengali", () => {
  beforeEach(() => speak("bn"));
  afterEach(() => speak("en"));

  test("clock, hour, ages and days have Bengali digits and words; log lines have not", () => {
    const at = new Date(2026, 10, 23, 9, 5, 7).getTime();
    expect([clock(at), hour(at), latinClock(at)]).toEqual(["০৯:০৫:০৭", "০৯:০৫", "09:05:07"]);
    const ages = [0, 12 * SECOND, 4 * MINUTE, 2 * HOUR, 13 * HOUR, 40 * DAY, 400 * DAY];
    expect(ages.map((past) => age(NOON - past, NOON))).toEqual([
      "এখন",
      "১২ সে.",
      "৪ মিনিট",
      "১০:০০",
      "রবি",
      "১৪ অক্টো",
      "১৯ অক্টো, ২০২৫",
    ]);
    expect([ago(400), ago(12_300), ago(3 * MINUTE)]).toEqual(["০.৪ সে. আগে", "১২ সে. আগে", "৩ মিনিট আগে"]);
    expect([dayName(NOON, NOON), dayName(NOON - DAY, NOON), calendarDay("2026-11-25")]).toEqual([
      "আজ",
      "গতকাল",
      "বুধ ২৫ নভে",
    ]);
  });

  test("numbers are grouped by lakhs; amounts have the sign in front", () => {
    expect([numeral(124_500), decimal(0.4), digits("08:00-12:00")]).toEqual(["১,২৪,৫০০", "০.৪", "০৮:০০-১২:০০"]);
    expect([money("124500", "bdt"), money("3000.5", "bdt"), money("20", "usd")]).toEqual([
      "৳১,২৪,৫০০",
      "৳৩,০০০.৫০",
      "$২০",
    ]);
  });
});
