// @vitest-environment jsdom
import { afterEach, expect, test, vi } from "vitest";
import { openStore } from "./outbox-store";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("where somebody has forbidden the browser to keep anything, messages stand in memory", async () => {
  const open = () => {
    throw new DOMException("forbidden", "SecurityError");
  };
  vi.stubGlobal("indexedDB", { open });
  const store = openStore("s1", () => {});
  const entry = { id: "1", owner: "s1", roomId: "u1", text: "Hello", more: {}, time: 0, tried: false, refused: null };
  await store.add(entry);
  expect(await store.all()).toEqual([entry]);
  expect(await store.change("1", { tried: true })).toBe(true);
  expect(await store.remove("1")).toEqual({ ...entry, tried: true });
  expect(await store.remove("1")).toBeUndefined();
  store.close();
});

test("where the browser never answers, messages stand in memory", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("indexedDB", { open: () => ({}) });
  const store = openStore("s1", () => {});
  const entry = { id: "1", owner: "s1", roomId: "u1", text: "Hello", more: {}, time: 0, tried: false, refused: null };
  const added = store.add(entry);
  await vi.advanceTimersByTimeAsync(3_000);
  await added;
  expect(await store.all()).toEqual([entry]);
  store.close();
});
