import { describe, expect, test, vi } from "vitest";
import { age, ago, calendarDay, clock, dayName, hour, readerLocale } from "./time";

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
  expect([ago(-5), ago(400), ago(9_940), ago(12_300), ago(3 * MINUTE)]).toEqual([
    "0.0 s ago",
    "0.4 s ago",
    "9.9 s ago",
    "12 s ago",
    "3 min ago",
  ]);
});

test("days have names", () => {
  const days = (locale: string) => [0, 1, 5, 365].map((past) => dayName(NOON - past * DAY, NOON, locale));
  expect(days("en-GB")).toEqual(["Today", "Yesterday", "Wed 18 Nov", "23 Nov 2025"]);
  expect(days("bn-BD").slice(0, 3)).toEqual(["আজ", "গতকাল", "বুধ ১৮ নভে"]);
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
});
