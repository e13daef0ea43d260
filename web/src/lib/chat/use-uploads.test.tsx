import { act, renderHook, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { useUploads } from "./use-uploads";

afterEach(() => vi.unstubAllGlobals());

test("ten files go with a message, however quickly more of them are dropped", async () => {
  class Silent {
    upload = {};
    open() {}
    setRequestHeader() {}
    send() {}
    abort() {}
  }
  vi.stubGlobal("XMLHttpRequest", Silent);
  const files = () => Array.from({ length: 6 }, (_, n) => new File(["%PDF-1.7"], `plan ${n}.pdf`));
  const { result } = renderHook(() => useUploads(null, "u1"));
  act(() => {
    result.current.add(files());
    result.current.add(files());
  });
  await waitFor(() => expect(result.current.refused?.why).toBe("many"));
  expect(result.current.list).toHaveLength(10);
  act(() => result.current.remove(result.current.list[0]?.id ?? ""));
  act(() => result.current.add(files().slice(0, 1)));
  await waitFor(() => expect(result.current.list).toHaveLength(10));
  act(() => result.current.clear()); // they were sent
  act(() => result.current.add(files()));
  await waitFor(() => expect(result.current.list).toHaveLength(6));
});
