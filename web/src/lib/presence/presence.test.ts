import { expect, test } from "vitest";
import { apply, lastSeen, NOBODY, type PeoplePresent, stateOf } from "./presence";

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

test("while the page is not told, who was there was so until it last heard, and the next picture says who is", () => {
  const desk = apply(NOBODY, told({ whole: true, staff: [rafiq], here: ["u1"], away: ["u2"] }), 1_000);
  const cut = { ...desk, upto: 5_000 };
  const people = ["u1", "u2", "u3", "s1"];
  expect(people.map((id) => stateOf(cut, id))).toEqual(["was", "was", "offline", "was"]);
  expect(people.map((id) => lastSeen(cut, id))).toEqual([5_000, 5_000, null, 5_000]);
  expect(stateOf(apply(cut, told({ away: ["u1"] }), 8_000), "u1")).toBe("was");
  const back = apply(cut, told({ whole: true, here: ["u1"] }), 9_000);
  expect(people.map((id) => stateOf(back, id))).toEqual(["here", "offline", "offline", "offline"]);
  expect(lastSeen(back, "u2")).toBe(5_000);
});

test("nothing is known of anybody while nothing is known", () => {
  expect(stateOf(null, "u1")).toBeNull();
});
