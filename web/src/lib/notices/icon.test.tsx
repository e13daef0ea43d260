import { renderHook } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { useIcon } from "./icon";

test("an installed page has the count on its icon for as long as the desk is shown", () => {
  const setAppBadge = vi.fn(async () => {});
  vi.stubGlobal("navigator", Object.assign(Object.create(navigator), { setAppBadge }));
  const { rerender, unmount } = renderHook(useIcon, { initialProps: 3 });
  rerender(2);
  expect(setAppBadge.mock.calls).toEqual([[3], [2]]);
  unmount();
  expect(setAppBadge).toHaveBeenLastCalledWith(0);
  vi.unstubAllGlobals();
});
