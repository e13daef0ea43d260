import { expect, test } from "vitest";
import { money } from "./money";
import { initials, splitName } from "./names";

test("taka have the sign in front and lakh grouping", () => {
  expect(money("3000", "bdt")).toBe("৳3,000");
  expect(money("124500", "BDT")).toBe("৳1,24,500");
  expect(money("3000.5", "bdt")).toBe("৳3,000.50");
  expect(money("0", "bdt")).toBe("৳0");
});

test("other currencies and what is no number stay readable", () => {
  expect(money("20", "usd")).toBe("$20");
  expect(money("abc", "bdt")).toBe("abc");
  expect(money("", "bdt")).toBe("");
  expect(money("5", "??")).toBe("5 ??");
});

test("initials are letters: what stands before them in a name has no room in a small circle", () => {
  expect(
    ["👩‍👩‍👧‍👦👍🏽 Rima Sultana", "(Nusrat) Jahan", "\u202eRima", "👩‍👩‍👧‍👦👍🏽", "+880 1711"].map(initials),
  ).toEqual(["RS", "NJ", "R", "?", "81"]);
});

test("initials and parts of a name", () => {
  expect([initials("Nusrat Jahan"), initials("  rafiq "), initials("আয়েশা সিদ্দিকা"), initials("")]).toEqual([
    "NJ",
    "R",
    "আ",
    "?",
  ]);
  expect(splitName("Jahangir Alam Chowdhury")).toEqual({ firstName: "Jahangir Alam", lastName: "Chowdhury" });
  expect(splitName("Rafiq")).toEqual({ firstName: "Rafiq", lastName: "" });
  expect(splitName("  Nusrat Jahan ")).toEqual({ firstName: "Nusrat", lastName: "Jahan" });
});
