import { act, renderHook } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { useSized } from "./text-size";

test("a height follows the text size, also when that is changed while the page is open", () => {
  let resized = () => {};
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(told: () => void) {
        resized = told;
      }
      observe() {}
    },
  );
  const { result } = renderHook(() => [useSized(81), useSized(66)]);
  expect(result.current).toEqual([81, 66]);
  document.documentElement.style.fontSize = "20px";
  act(resized);
  expect(result.current).toEqual([101, 83]);
  document.documentElement.style.fontSize = "";
  act(resized);
  expect(result.current).toEqual([81, 66]);
});
