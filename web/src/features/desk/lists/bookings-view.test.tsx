import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { arrival, EMPTY_DESK, openDesk, rows, server } from "@/testing/desk";
import { data, serve } from "@/testing/fake-server";
import { newest } from "@/testing/fake-socket";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

test("who has asked for what waits above the bookings is in their list", async () => {
  const bookings = [{ ...arrival, trackingId: "CV-1", seq: 1 }];
  const page = data({ bookings, totalPages: 1, totalItems: 1, currentPage: 1, newest: 1 });
  serve({ ...EMPTY_DESK, "GET /api/booking": page });
  await openDesk("/dashboard/bookings");
  await waitFor(() => expect(rows()).toHaveLength(1));
  const list = rows()[0]?.closest("[data-rows]") as HTMLElement;
  list.scrollTop = 5; // holds the list for as long as a slow machine needs, as a pointer over it does not
  fireEvent.scroll(list);
  await server(() => newest().deliver("customer_added", arrival, "e.12"));
  expect(rows()).toHaveLength(1);
  await userEvent.click(await screen.findByRole("button", { name: "1 new" }));
  expect(rows()).toHaveLength(2);
  expect(document.activeElement).toBe(list);
});

test("after a restored backup what came since it was made is on the list no more", async () => {
  const bookings = [{ ...arrival, trackingId: "CV-1", seq: 1 }];
  const page = data({ bookings, totalPages: 1, totalItems: 1, currentPage: 1, newest: 1 });
  serve({ ...EMPTY_DESK, "GET /api/booking": page });
  await openDesk("/dashboard/bookings");
  await waitFor(() => expect(rows()).toHaveLength(1));
  await server(() => newest().deliver("customer_added", arrival, "e.12"));
  await waitFor(() => expect(rows()).toHaveLength(2));
  await server(() => newest().deliver("reset", { reason: "epoch" }));
  await waitFor(() => expect(rows()).toHaveLength(1));
});

test("a booking that is cancelled by a refund is counted so at once, and leaves the list of those that are not", async () => {
  const booking = { ...arrival, status: "booked", seq: 1 };
  const page = (bookings: object[]) =>
    data({ bookings, totalPages: 1, totalItems: bookings.length, currentPage: 1, newest: 1 });
  serve({ ...figures({ booked: 1, cancelled: 0 }), "GET /api/booking": page([booking]) });
  await openDesk("/dashboard/bookings?status=booked");
  expect(await screen.findByRole("button", { name: "Booked1" })).toBeDefined();
  serve({ ...figures({ booked: 0, cancelled: 1 }), "GET /api/booking": page([]) });
  await server(() => newest().deliver("booking_updated", { ...booking, status: "cancelled" }, "e.12"));
  expect(await screen.findByRole("button", { name: "Cancelled1" })).toBeDefined();
  await waitFor(() => expect(rows()).toHaveLength(0));
});

test("a booking that two pages have, for one was cancelled between them, leaves no row behind", async () => {
  const booking = (n: number) => ({ ...arrival, trackingId: `CV-${n}`, status: "cancelled", seq: 500 - n });
  const page = (from: number) => {
    const bookings = Array.from({ length: 100 }, (_, n) => booking(from + n));
    return data({ bookings, totalPages: 2, totalItems: 200, currentPage: 1, newest: 500 });
  };
  const first = "GET /api/booking?status=cancelled&page=1&limit=100";
  const second = "GET /api/booking?status=cancelled&page=2&limit=100&upto=500";
  serve({ ...EMPTY_DESK, [first]: page(0), [second]: page(98) });
  await openDesk("/dashboard/bookings?status=cancelled");
  await waitFor(() => expect(rows().length).toBeGreaterThan(0));
  const list = rows()[0]?.closest("[data-rows]") as HTMLElement;
  const scrollTo = (row: number) => {
    list.scrollTop = row * 44;
    fireEvent.scroll(list);
  };
  scrollTo(95);
  await waitFor(() => expect(rows().map((row) => row.dataset.booking)).toContain("CV-102"));
  scrollTo(96);
  scrollTo(0);
  expect(rows().map((row) => row.dataset.booking)).not.toContain("CV-98");
});

test("what does not fit in the address is left out: the list is there, without it", async () => {
  const page = data({ bookings: [{ ...arrival, seq: 1 }], totalPages: 1, totalItems: 1, currentPage: 1, newest: 1 });
  const requests = serve({ ...EMPTY_DESK, "GET /api/booking": page });
  await openDesk("/dashboard/bookings?status=paid&division=all&duration=days");
  await waitFor(() => expect(rows()).toHaveLength(1));
  const asked = requests.map(({ path }) => path).filter((path) => path.includes("duration="));
  expect([...new Set(asked)]).toEqual(["/api/booking?duration=days&page=1&limit=100"]);
});

function figures(values: Record<string, number>) {
  const metrics = Object.entries(values).map(([_id, value]) => ({ _id, value, label: "", change: null, trend: "" }));
  return { ...EMPTY_DESK, "GET /api/booking/stats": data({ metrics, trends: [] }) };
}

test("the chart beside those without a caregiver is drawn of the open bookings", async () => {
  serve(figures({ booked: 5, confirmed: 3, cancelled: 90, unassigned: 6 }));
  await openDesk("/dashboard/bookings");
  const chart = await screen.findByRole("img", { name: "2 of 8 open bookings have a caregiver" });
  const widths = [...chart.querySelectorAll("rect")].map((part) => Number(part.getAttribute("width")));
  expect(widths).toEqual([30, 90]);
});

test("money that the bank took back is not told as paid in full", async () => {
  const lost = { paymentStatus: "charged_back", dueAmount: "0", totalPrice: "9600", amountRefunded: "9600" };
  const bookings = [{ ...arrival, ...lost, seq: 1 }];
  const page = data({ bookings, totalPages: 1, totalItems: 1, currentPage: 1, newest: 1 });
  serve({ ...EMPTY_DESK, "GET /api/booking": page });
  await openDesk("/dashboard/bookings");
  expect(await screen.findByText("৳9,600 back")).toBeDefined();
  expect(screen.queryByText("full")).toBeNull();
});

test("what stands beside a figure is grouped by lakhs as the figure is", async () => {
  serve(figures({ today: 124_500, week: 124_500 }));
  await openDesk("/dashboard/bookings");
  expect(await screen.findByText("1,24,500")).toBeDefined();
  expect(screen.getByText("1,24,500 in seven days")).toBeDefined();
});

test("of no money at all nothing is paid and nothing is due", async () => {
  serve(figures({ due: 0 }));
  await openDesk("/dashboard/bookings");
  expect(await screen.findByText("Still due")).toBeDefined();
  expect(screen.queryByText(/^paid/)).toBeNull();
});
