import { expect, test } from "vitest";
import { partOffset } from "./offset";
import { reasonOf } from "./reason";

test("the offset of a durable event is no part of what it says", () => {
  expect(partOffset([{ a: 1 }, "k3x.812"])).toEqual({ args: [{ a: 1 }], seq: 812 });
  expect(partOffset([{ reason: "epoch" }, "opaque"])).toEqual({ args: [{ reason: "epoch" }], seq: null });
});

test("a null that guards a trailing string is taken off with nothing else", () => {
  expect(partOffset(["hello", null])).toEqual({ args: ["hello"], seq: null });
  expect(partOffset([null])).toEqual({ args: [null], seq: null });
  expect(partOffset(["Rafiq", { room: "u1" }])).toEqual({ args: ["Rafiq", { room: "u1" }], seq: null });
  expect(partOffset([])).toEqual({ args: [], seq: null });
});

test("a failed transport says what the server answered", () => {
  const error = new Error("xhr poll error");
  expect(reasonOf(error)).toBe("xhr poll error");
  expect(reasonOf(Object.assign(error, { description: 0 }))).toBe("xhr poll error");
  expect(reasonOf(Object.assign(error, { description: 502, context: { responseText: "<html>" } }))).toBe(
    "xhr poll error (HTTP 502)",
  );
  const said = { description: 503, context: { responseText: '{"message":"The server is draining."}' } };
  expect(reasonOf(Object.assign(error, said))).toBe("xhr poll error (HTTP 503: The server is draining.)");
});
