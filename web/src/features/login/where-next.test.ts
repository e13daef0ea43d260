import { expect, test } from "vitest";
import type { Person } from "@/lib/api/get-session";
import { whereNext } from "./where-next";

const HOME = "https://desk.example";
const staff: Person = { _id: "s", name: "S", email: null, role: "admin" };
const customer: Person = { _id: "c", name: "C", email: null, role: "user" };

test("staff go to the desk, customers to the chat", () => {
  expect(whereNext(staff, undefined, HOME)).toBe("/dashboard");
  expect(whereNext(customer, undefined, HOME)).toBe("/chat");
});

test("a path of this site is followed, with what stands behind it", () => {
  expect(whereNext(staff, "/test-socket", HOME)).toBe("/test-socket");
  expect(whereNext(staff, "/dashboard?view=chat&with=u1#x", HOME)).toBe("/dashboard?view=chat&with=u1#x");
});

test.each([
  "https://evil.example/",
  "//evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/a\\..\\evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  "/.//evil.example",
  "/a/..//evil.example",
  "/%2e//evil.example",
  "javascript:alert(1)",
  "evil.example",
  "",
  "/login",
  "/login?next=/login",
  "/../login",
])("%j is not followed", (next) => {
  expect(whereNext(staff, next, HOME)).toBe("/dashboard");
});
