import { expect, test } from "vitest";
import { apply, NOBODY, type PeoplePresent, stateOf } from "./presence";

const told = (change: Partial<PeoplePresent>): PeoplePresent => ({
  whole: false,
  staff: [],
  here: [],
  away: [],
  offline: [],
  ...change,
});
const rafiq = { userId: "s1", name: "Rafiq", state: "here" } as const;

test("changes apply to what was known, and the whole replaces it", () => {
  const first = apply(NOBODY, told({ whole: true, staff: [rafiq], here: ["u1", "u2"] }), 1_000);
  const later = apply(first, told({ away: ["u1"], offline: ["u2"], here: ["u3"] }), 2_000);
  expect(["u1", "u2", "u3", "s1"].map((id) => stateOf(later, id))).toEqual(["away", "offline", "here", "here"]);
  expect(later.left.get("u2")).toBe(2_000);
  const whole = apply(later, told({ whole: true, here: ["u2"] }), 3_000);
  expect(["u1", "u2", "u3", "s1"].map((id) => stateOf(whole, id))).toEqual(["offline", "here", "offline", "offline"]);
  expect(whole.left.has("u2")).toBe(false);
});

test("staff who leave are no longer on the desk", () => {
  const desk = apply(NOBODY, told({ staff: [rafiq] }), 0);
  expect([...apply(desk, told({ staff: [{ ...rafiq, state: "offline" }] }), 0).staff]).toEqual([]);
});

test("nothing is known of anybody while nothing is known", () => {
  expect(stateOf(null, "u1")).toBeNull();
});
