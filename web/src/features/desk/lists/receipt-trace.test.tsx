import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { data, serve } from "@/testing/fake-server";
import { ReceiptTrace } from "./receipt-trace";

const time = (ms: number) => `2026-11-23T12:00:00.${ms}Z`;
const received = { trackingId: "CV-1", seq: 7, paidAt: time(100), receivedAt: time(400), committedAt: time(402) };
const desk = { personId: "s1", name: "Sumaiya Islam", socketId: "abcdefgh", shownAt: time(483) };

async function marks(receipt: object, last: string) {
  serve({ "GET /api/booking/receipt": data({ ...received, emittedAt: time(403), ...receipt }) });
  const { unmount } = render(
    <QueryClientProvider client={new QueryClient()}>
      <ReceiptTrace trackingId="CV-1" />
    </QueryClientProvider>,
  );
  const steps = (await screen.findByText(last)).parentElement?.querySelectorAll(":scope > li svg") ?? [];
  const names = [...steps].map((icon) => /lucide-(check|clock|monitor)/.exec(icon.getAttribute("class") ?? "")?.[1]);
  unmount();
  return names;
}

test("what has happened is ticked, and a booking on no screen is not", async () => {
  const waiting = await marks({ shownAt: null, desks: [] }, "on no desk yet");
  expect(waiting).toEqual(["check", "check", "check", "check", "clock"]);
  const shown = await marks({ shownAt: desk.shownAt, desks: [desk] }, "on 1 desk");
  expect(shown).toEqual(["check", "check", "check", "check", "check", "monitor"]);
});

test("what is known stays while the server does not answer", async () => {
  serve({
    "GET /api/booking/receipt": data({ ...received, emittedAt: time(403), shownAt: desk.shownAt, desks: [desk] }),
  });
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={queries}>
      <ReceiptTrace trackingId="CV-1" />
    </QueryClientProvider>,
  );
  await screen.findByText("on 1 desk");
  serve({ "GET /api/booking/receipt": { status: 503, body: { success: false, message: "Try again later." } } });
  await act(async () => {
    await queries.refetchQueries();
    await new Promise((told) => setTimeout(told));
  });
  expect(queries.getQueryState(["receipt", "CV-1"])?.status).toBe("error");
  expect(screen.getByText("on 1 desk")).toBeDefined();
  expect(screen.queryByRole("alert")).toBeNull();
});
