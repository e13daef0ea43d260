import { act, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { arrival, EMPTY_DESK, openDesk, server } from "@/testing/desk";
import { data, type Request, serve } from "@/testing/fake-server";
import { newest } from "@/testing/fake-socket";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

const booking = {
  ...{ ...arrival, _id: "b1", seq: 1, date: "2026-12-02", slot: "08:00-12:00", durationType: "days", quantity: 2 },
  ...{ division: "Sylhet", district: "Sylhet", address: "Road 7", paymentOption: "half", totalPrice: "9600" },
  ...{ dueAmount: "0", amountRefunded: "0", caregiver: null, status: "booked", paymentStatus: "paid" },
  ...{ source: "stripe", needsLook: false, lookReason: "", createdAt: "2026-11-23T12:00:00.000Z" },
};
const page = { totalPages: 1, totalItems: 1, currentPage: 1 };
const DESK = {
  ...EMPTY_DESK,
  "GET /api/booking": data({ bookings: [booking], ...page }),
  "GET /api/booking/stats": data({ metrics: [], trends: [] }),
  "GET /api/payment": data({ payments: [], ...page, totalItems: 0 }),
  "GET /api/payment/stats": data([]),
};

test.each([
  ["/dashboard/payments", "/api/payment?page=1&limit=100"],
  ["/dashboard/bookings", "/api/booking?page=1&limit=100"],
  [`/dashboard/bookings?open=${arrival.trackingId}`, "/api/payment?userId=u9&limit=100"],
])("after a payment the lists of %s are asked for anew, each once", async (address, list) => {
  const requests = serve(DESK);
  await openDesk(address);
  await waitFor(() => expect(asked(requests)).toContain(list));
  await quiet(requests);
  const before = asked(requests).length;
  await server(() => newest().deliver("customer_added", arrival, "e.2"));
  await waitFor(() => expect(asked(requests).slice(before)).toContain(list));
  await quiet(requests);
  const then = asked(requests).slice(before);
  expect(then).toEqual([...new Set(then)]);
});

/** A receipt is asked for again and again, by itself. */
const asked = (requests: Request[]) => requests.map(({ path }) => path).filter((path) => !path.includes("/receipt"));

/** Longer than the desk gathers what it asks for. */
async function quiet(requests: Request[]): Promise<void> {
  for (let before = -1; before < asked(requests).length; ) {
    before = asked(requests).length;
    await act(() => new Promise((over) => setTimeout(over, 700)));
  }
}
