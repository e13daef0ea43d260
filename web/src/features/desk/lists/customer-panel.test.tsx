import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { speak } from "@/lib/language";
import { customer, EMPTY_DESK, listing, openDesk } from "@/testing/desk";
import { data, serve } from "@/testing/fake-server";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));
afterEach(() => act(() => speak("en")));

const booking = {
  ...{ _id: "b1", trackingId: "CV-7KQ4M2XA", userId: "u1", userName: "Nusrat Jahan", userEmail: "", seq: 4 },
  ...{ serviceName: "Newborn Care", date: "2026-12-02", slot: "08:00-12:00", durationType: "days", quantity: 2 },
  ...{ division: "Sylhet", district: "Sylhet", address: "Road 7", paymentOption: "half", totalPrice: "6000" },
  ...{ amountPaid: "3000", dueAmount: "3000", amountRefunded: "0", currency: "bdt", caregiver: null },
  ...{ status: "booked", paymentStatus: "paid", source: "stripe", needsLook: false, lookReason: "" },
  createdAt: "2026-11-23T12:00:00.000Z",
};
const page = (...bookings: object[]) => data({ bookings, totalPages: 1, totalItems: bookings.length, currentPage: 1 });
const DESK = {
  ...EMPTY_DESK,
  "GET /api/booking/stats": data({ metrics: [], trends: [] }),
  "GET /api/payment": data({ payments: [], totalPages: 1, totalItems: 0, currentPage: 1 }),
  "GET /api/catalogue": data({ services: [], divisions: [{ name: "Sylhet", nameBn: "সিলেট" }] }),
};
const beside = () => within(screen.getByRole("complementary", { name: /Customer|গ্রাহক/ }));

test("a link to a booking that is not there says so", async () => {
  serve(DESK);
  await openDesk("/dashboard/bookings?open=CV-NOTHERE1");
  expect(await beside().findByText("There is no booking CV-NOTHERE1. Look for it in the list.")).toBeDefined();
  expect(beside().queryByText("0 bookings")).toBeNull();
});

test("staff are told why a booking wants a look, in their language", async () => {
  const twice = { ...booking, needsLook: true, lookReason: "paid in several currencies; more was paid than it costs" };
  serve({ ...DESK, "GET /api/booking": page(twice) });
  await openDesk("/dashboard/bookings?open=CV-7KQ4M2XA");
  expect(await beside().findByText("Somebody has to look at this booking: more was paid than it costs.")).toBeDefined();
  expect(beside().getByText("Somebody has to look at this booking: paid in several currencies.")).toBeDefined();
  await act(() => speak("bn"));
  const told = "কাউকে এই বুকিংটি দেখতে হবে: যা দাম তার চেয়ে বেশি টাকা দেওয়া হয়েছে।";
  expect(await beside().findByText(told)).toBeDefined();
});

test("who chooses an earlier booking by keyboard is at it: its row has gone", async () => {
  const earlier = { ...booking, _id: "b0", trackingId: "CV-EARLIER1", serviceName: "Elderly Care", seq: 3 };
  serve({ ...DESK, "GET /api/booking": page(booking, earlier) });
  await openDesk("/dashboard/bookings?open=CV-7KQ4M2XA");
  (await beside().findByRole("button", { name: /Elderly Care/ })).focus();
  await userEvent.keyboard("{Enter}");
  expect(within(document.activeElement as HTMLElement).getByRole("heading").textContent).toBe("Elderly Care");
});

test("nothing is due for a booking that is cancelled", async () => {
  serve({ ...DESK, "GET /api/booking": page({ ...booking, status: "cancelled" }) });
  await openDesk("/dashboard/bookings?open=CV-7KQ4M2XA");
  expect(await beside().findByText("৳3,000 paid")).toBeDefined();
  expect(beside().queryByText("৳3,000 due")).toBeNull();
});

test("in Bengali the district has its Bengali name where one is known", async () => {
  serve({ ...DESK, "GET /api/booking": page(booking) });
  await openDesk("/dashboard/bookings?open=CV-7KQ4M2XA");
  expect(await beside().findByText("Road 7, Sylhet")).toBeDefined();
  await act(() => speak("bn"));
  expect(await beside().findByText("Road 7, সিলেট")).toBeDefined();
});

test("beside a conversation, a customer without a booking has the name that the conversation has", async () => {
  const asks = listing([customer(9, { firstName: "Rima", lastName: "Sultana" })]);
  serve({ ...DESK, "GET /api/chat/conversation": asks });
  await openDesk("/dashboard?view=chat&with=u9");
  expect(await beside().findByText("0 bookings")).toBeDefined();
  expect(beside().getByRole("heading", { name: "Rima Sultana" })).toBeDefined();
});
