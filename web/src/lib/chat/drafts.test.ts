// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";
import { Drafts } from "./drafts";

beforeEach(() => localStorage.clear());

test("a draft survives a reload, by person and conversation", () => {
  new Drafts().write("s1", "u1", "Ayesha comes at");
  const after = new Drafts();
  expect(after.read("s1", "u1")).toBe("Ayesha comes at");
  expect([after.read("s2", "u1"), after.read("s1", "u2")]).toEqual(["", ""]);
  after.write("s1", "u1", "");
  expect(new Drafts().read("s1", "u1")).toBe("");
});

test("another tab's writing is told, and foreign keys are not", () => {
  const drafts = new Drafts();
  const watcher = vi.fn();
  const leave = drafts.watch(watcher);
  localStorage.setItem("carevia.draft.s1/u1", "from another tab");
  window.dispatchEvent(new StorageEvent("storage", { key: "carevia.draft.s1/u1" }));
  window.dispatchEvent(new StorageEvent("storage", { key: "theme" }));
  expect(watcher).toHaveBeenCalledTimes(1);
  expect(drafts.read("s1", "u1")).toBe("from another tab");
  leave();
  window.dispatchEvent(new StorageEvent("storage", { key: null }));
  expect(watcher).toHaveBeenCalledTimes(1);
});

test("ids that look like one another do not share drafts", () => {
  const drafts = new Drafts();
  drafts.write("s1", "a/b", "one");
  drafts.write("s1/a", "b", "two");
  expect([drafts.read("s1", "a/b"), drafts.read("s1/a", "b")]).toEqual(["one", "two"]);
});

test("what was sent at another device is begun no longer, and what was changed here since stays", () => {
  const drafts = new Drafts();
  for (const room of ["whole", "half", "changed", "other"]) {
    drafts.write("s1", room, "Ayesha comes ");
    drafts.saved("s1", room, "Ayesha comes ");
  }
  drafts.write("s1", "changed", "Ayesha comes");
  drafts.sent("s1", "whole", "Ayesha comes");
  drafts.sent("s1", "half", "Ayesha comes at 7:50");
  drafts.sent("s1", "changed", "Ayesha comes");
  drafts.sent("s1", "other", "See you");
  expect(["whole", "half", "changed", "other"].map((room) => drafts.read("s1", room))).toEqual([
    "",
    "",
    "Ayesha comes",
    "Ayesha comes ",
  ]);
  expect(drafts.unsaved("s1")).toEqual(["changed"]);
});

test("a browser that keeps nothing keeps it as long as the page", () => {
  const full = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  const drafts = new Drafts();
  drafts.write("s1", "u1", "hello");
  expect(drafts.read("s1", "u1")).toBe("hello");
  drafts.refused("s1", "u1");
  expect(drafts.kept("s1", "u1")).toBe(null);
  drafts.saved("s1", "u1", "hello");
  expect(drafts.kept("s1", "u1")).toBe("server");
  full.mockRestore();
});
