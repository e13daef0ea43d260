import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { data, refusal, serve } from "@/testing/fake-server";
import { useFirstShown, useReceipt } from "./use-receipt";

afterEach(() => {
  vi.useRealTimers();
});

const at = "2026-11-23T12:00:00.400Z";
const NOWHERE = {
  trackingId: "CV-1",
  seq: 1,
  paidAt: at,
  receivedAt: at,
  committedAt: at,
  emittedAt: at,
  shownAt: null,
};

/** How often it is asked for within a minute of being shown. */
async function asked(use: (trackingId: string) => unknown, receipt: object | null): Promise<number> {
  vi.useFakeTimers();
  const answer = receipt ? data({ ...NOWHERE, ...receipt, desks: [] }) : refusal(404, "There is no such booking.");
  const requests = serve({ "GET /api/booking/receipt": answer });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  const { unmount } = renderHook(() => use("CV-1"), { wrapper });
  await vi.advanceTimersByTimeAsync(60_100);
  unmount();
  return requests.length;
}

test("who looks at the desks of a booking sees how they become more", async () => {
  expect(await asked(useReceipt, { shownAt: at })).toBeGreaterThan(25);
});

test("how fast a booking was on a first desk is asked once: it does not change", async () => {
  expect(await asked(useFirstShown, { shownAt: at })).toBe(1);
  expect(await asked(useFirstShown, { receivedAt: null })).toBe(1);
});

test.each([
  ["that is on no desk", {}],
  ["whose receipt is refused", null],
])("a booking %s is asked for eagerly at first, then seldom", async (_, receipt) => {
  const times = await asked(useFirstShown, receipt);
  expect(times).toBeGreaterThan(20);
  expect(times).toBeLessThan(26);
});
