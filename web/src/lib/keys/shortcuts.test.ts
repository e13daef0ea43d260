import { expect, test } from "vitest";
import { begins, commandOf, nameOf, SHORTCUTS } from "./shortcuts";

const press = (key: string, change: Partial<KeyboardEvent> = {}) =>
  nameOf({ key, code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...change });

test("no two commands have the same keys", () => {
  const keys = SHORTCUTS.filter(({ local }) => !local).flatMap((shortcut) => shortcut.keys);
  expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(SHORTCUTS.map(({ id }) => id)).size).toBe(SHORTCUTS.length);
});

test("a key is named as the table names it", () => {
  expect(press("j")).toBe("J");
  expect(press("k", { metaKey: true })).toBe("Mod+K");
  expect(press("?", { shiftKey: true, code: "Slash" })).toBe("?");
  expect(press("F6", { shiftKey: true })).toBe("Shift+F6");
  expect(press("J", { shiftKey: true })).toBe("Shift+J");
  expect(press("ArrowUp", { altKey: true })).toBe("Alt+ArrowUp");
});

test("on a Bengali keyboard letters are known by their place", () => {
  expect(press("ল", { code: "KeyJ" })).toBe("J");
});

test("two keys are one command, and no letter is one where the first of two was pressed", () => {
  expect(begins("G")).toBe(true);
  expect(begins("B")).toBe(false);
  expect(commandOf("B", "G")).toBe("bookings");
  expect(commandOf("K", "G")).toBe("connections");
  expect(commandOf("K", null)).toBe("previous");
  expect(commandOf("X", "G")).toBeNull();
  expect(commandOf("Enter", null)).toBeNull();
});
