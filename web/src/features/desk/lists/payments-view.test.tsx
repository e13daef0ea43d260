import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { speak } from "@/lib/language";
import { arrival, EMPTY_DESK, openDesk, server } from "@/testing/desk";
import { data, refusal, serve } from "@/testing/fake-server";
import { newest } from "@/testing/fake-socket";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));
afterEach(() => speak("en"));

const payment = {
  ...{ _id: "p1", bookingId: "b1", trackingId: null, userId: "u1", userName: "Nusrat Jahan", provider: "stripe" },
  ...{
    serviceName: "Newborn Care",
    sessionId: "cs_1",
    currency: "bdt",
    status: "paid",
    needsLook: false,
    lookReason: "",
  },
  ...{ amountPaid: "3000", amountRefunded: "0", createdAt: "2026-11-23T12:00:00.000Z", paidAt: null },
};
const partly = { ...payment, _id: "p2", amountRefunded: "1000", status: "partly_refunded" };
const disputed = { ...payment, _id: "p3", status: "disputed", needsLook: true, lookReason: "the payment is disputed" };
const failed = { ...payment, _id: "p4", needsLook: true, lookReason: "a refund failed" };
const page = (...payments: object[]) => data({ payments, totalPages: 1, totalItems: payments.length, currentPage: 1 });
const LIST = "GET /api/payment?page=1&limit=100";
const DESK = {
  ...EMPTY_DESK,
  [LIST]: page(payment, partly, disputed, failed),
  "GET /api/payment/stats": data([{ _id: "needs_look", value: 1, change: null }]),
};
const list = () => within(screen.getByRole("region", { name: "Payments" }));
const open = () => within(screen.getByRole("region", { name: "Chosen payment" }));

test("what went back is said with its amount, in the list and beside it", async () => {
  serve(DESK);
  await openDesk("/dashboard/payments?open=p2");
  expect(await list().findByText("৳1,000 refunded")).toBeDefined();
  expect(open().getByText("৳1,000 refunded")).toBeDefined();
  expect(open().getByText("৳1,000 of ৳3,000 went back.")).toBeDefined();
  expect(await list().findByRole("button", { name: /^Needs a look ?1$/ })).toBeDefined();
});

test("a payment without a booking appears by itself, and is counted among those that need a look", async () => {
  const stats = (value: number) => ({ "GET /api/payment/stats": data([{ _id: "needs_look", value, change: null }]) });
  serve({ ...DESK, ...stats(0), [LIST]: page() });
  await openDesk("/dashboard/payments");
  expect(await list().findByText(/^No payments yet/)).toBeDefined();
  const unplaced = { ...failed, bookingId: null, userId: null, userName: "", serviceName: "" };
  serve({ ...DESK, ...stats(1), [LIST]: page(unplaced) });
  await server(() => newest().deliver("payment_updated", unplaced, "e.12"));
  expect(await list().findByRole("button", { name: /^Needs a look ?1$/ })).toBeDefined();
  await waitFor(() => expect(list().getByText("৳3,000")).toBeDefined());
});

test("a dispute is among what happened", async () => {
  serve(DESK);
  await openDesk("/dashboard/payments?open=p3");
  expect(await screen.findByText("The customer disputes this payment at their bank, which will decide.")).toBeDefined();
});

test("why somebody has to look at a payment is said", async () => {
  serve(DESK);
  await openDesk("/dashboard/payments?open=p4");
  expect(await screen.findByText("Somebody has to look at this payment: a refund failed.")).toBeDefined();
});

test("a link leads to a payment that is in no page of the list, and says so where there is none", async () => {
  const old = { ...payment, _id: "p9", userName: "Long Ago" };
  serve({ ...DESK, "GET /api/payment?id=p9": page(old), "GET /api/payment?id=nothing": page() });
  const { router } = await openDesk("/dashboard/payments?open=p9");
  expect(await screen.findByText("Long Ago")).toBeDefined();
  await router.navigate({ to: "/dashboard/payments", search: { open: "nothing" } });
  expect(await screen.findByText("This link leads to no payment. Look for it in the list.")).toBeDefined();
  expect(screen.queryByText("Long Ago")).toBeNull();
});

test("a payment is to be chosen where there is one", async () => {
  serve(DESK);
  await openDesk("/dashboard/payments");
  expect(await screen.findByText("Choose a payment to see what happened.")).toBeDefined();
});

test("none is to be chosen where there is none", async () => {
  serve({ ...DESK, [LIST]: page() });
  await openDesk("/dashboard/payments");
  expect(await list().findByText("No payments yet. When someone pays, it appears here by itself.")).toBeDefined();
  expect(screen.queryByText("Choose a payment to see what happened.")).toBeNull();
});

test("nothing is counted before it is known", async () => {
  let answer = () => {};
  const late = new Promise<void>((done) => {
    answer = done;
  });
  serve({
    ...DESK,
    "GET /api/payment": async () => {
      await late;
      return refusal(503, "The store cannot commit right now.");
    },
  });
  await openDesk("/dashboard/payments?status=refunded");
  expect(screen.queryByText("0 payments")).toBeNull();
  answer();
  await waitFor(() => expect(screen.getByRole("alert").textContent).toMatch(/^Payments did not load\./));
  expect(screen.queryByText("0 payments")).toBeNull();
});

test.each([
  ["", "No payments yet. When someone pays, it appears here by itself."],
  ["?status=refunded", "No payments match these filters."],
])("an empty list of payments at %j says why it is empty", async (filters, why) => {
  serve({ ...EMPTY_DESK, "GET /api/payment": page() });
  await openDesk(`/dashboard/payments${filters}`);
  expect(await list().findByText(why)).toBeDefined();
});

test("who chooses a filter is still on it when its list has come", async () => {
  serve(DESK);
  const { router } = await openDesk("/dashboard/payments");
  await userEvent.click(await list().findByRole("button", { name: "Refunded" }));
  await waitFor(() => expect(router.state.location.search).toEqual({ status: "refunded" }));
  expect(document.activeElement).toBe(list().getByRole("button", { name: "Refunded" }));
});

test("what has just been paid is so now by the server's clock, also on a laptop that is five hours behind", async () => {
  serve(DESK);
  await openDesk("/dashboard/payments");
  await list().findByText("৳1,000 refunded");
  serve({ ...DESK, [LIST]: () => new Promise(() => {}) }); // it is read again, and this server's has no such payment
  const time = new Date(Date.now() + 5 * 3_600_000).toISOString();
  await server(() => newest().deliver("live", { seq: 1, time }, null));
  await server(() => newest().deliver("customer_added", arrival, "e.2"));
  expect(list().getByText("Tahmid Rahman").closest("[role=listitem]")?.textContent).toMatch(/now$/);
});

test("in Bengali the provider has its Bengali name, and a week like the one before is no more and no less", async () => {
  speak("bn");
  serve({ ...DESK, "GET /api/payment/stats": data([{ _id: "paid_week", value: 3000, change: 0 }]) });
  await openDesk("/dashboard/payments?open=p2");
  expect(await screen.findByText("স্ট্রাইপ")).toBeDefined();
  expect(await screen.findByText(/আগের সপ্তাহের সমান/)).toBeDefined();
});

test("who reads further down, or is at a payment by keyboard, stays there when another one is paid", async () => {
  const many = Array.from({ length: 40 }, (_, n) => ({ ...payment, _id: `p${n}` }));
  const paid = { ...payment, _id: "new", trackingId: arrival.trackingId };
  serve({ ...DESK, [LIST]: page(...many) });
  await openDesk("/dashboard/payments");
  await waitFor(() => expect(row("p0")).not.toBeNull());
  const box = row("p0")?.closest("[data-rows]") as HTMLElement;
  row("p2")?.focus();
  serve({ ...DESK, [LIST]: page(paid, ...many) });
  await server(() => newest().deliver("customer_added", arrival, "e.2"));
  await waitFor(() => expect(row("new")).not.toBeNull());
  expect(document.activeElement).toBe(row("p2"));
  expect(box.scrollTop).toBe(0);
  box.scrollTop = 10 * 66 + 5;
  fireEvent.scroll(box);
  const next = { ...arrival, trackingId: "CV-NEXT" };
  // Before the arrival: the first one's list may be asked for only now.
  const both = page({ ...paid, _id: "newer", trackingId: "CV-NEXT" }, paid, ...many);
  serve({ ...DESK, [LIST]: both });
  await server(() => newest().deliver("customer_added", next, "e.3"));
  expect(box.scrollTop).toBe(11 * 66 + 5);
  await server(() => newest().deliver("payment_updated", paid, "e.4"));
  await waitFor(() => expect(box.scrollTop).toBe(11 * 66 + 5));
});

test("what is read stays where it is while one page of the list is newer than the next", async () => {
  const all = Array.from({ length: 200 }, (_, n) => ({ ...payment, _id: `p${n}` }));
  const listed = (payments: object[], totalItems: number) =>
    data({ payments, totalPages: 2, totalItems, currentPage: 1 });
  const [first, second] = ["GET /api/payment?page=1&limit=100", "GET /api/payment?page=2&limit=100"];
  serve({ ...DESK, [first]: listed(all.slice(0, 100), 200), [second]: listed(all.slice(100), 200) });
  await openDesk("/dashboard/payments");
  await waitFor(() => expect(row("p0")).not.toBeNull());
  const box = row("p0")?.closest("[data-rows]") as HTMLElement;
  box.scrollTop = 99 * 66;
  fireEvent.scroll(box);
  const next = (place: number) => document.querySelector(`[aria-posinset='${place}'] [data-row=p100]`);
  await waitFor(() => expect(next(101)).not.toBeNull());
  const newer = listed([failed, ...all.slice(0, 99)], 201);
  serve({ ...DESK, [first]: newer, [second]: () => new Promise<never>(() => {}) });
  await server(() => newest().deliver("payment_updated", failed, "e.2"));
  await waitFor(() => expect(next(102)).not.toBeNull());
  expect(box.scrollTop).toBe(100 * 66);
});

const row = (id: string) => document.querySelector<HTMLElement>(`[data-row=${id}]`);
