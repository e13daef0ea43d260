import { screen, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { server } from "@/testing/desk";
import { data, serve } from "@/testing/fake-server";
import { alive, newest } from "@/testing/fake-socket";
import { show } from "@/testing/show";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

const page = (id: string, text: string, bookings: object[] | null) => ({
  "GET /api/session": data({ user: { _id: id, name: id, email: null, role: "user" } }),
  "GET /api/booking": bookings ? data({ bookings }) : () => new Promise<never>(() => {}),
  "GET /api/payment": data({ payments: [] }),
  [`GET /api/chat/message?roomId=${id}`]: data([
    { id: "m1", roomId: id, senderId: id, senderName: id, text, time: "2026-11-23T10:00:00.000Z", seq: 5 },
  ]),
});
const booking = {
  ...{ _id: "b1", trackingId: "CV-7KQ4M2XA", serviceName: "Newborn Care", date: null, slot: null, dueAmount: "0" },
  ...{ amountPaid: "3000", currency: "bdt", caregiver: null, status: "booked", createdAt: "2026-11-23T10:00:00.000Z" },
};

test("where another customer is signed in meanwhile, nothing of the one before is left on the page", async () => {
  serve(page("nusrat", "My mother comes home on Sunday", [booking]));
  await show("/chat");
  await waitFor(() => expect(alive()).toHaveLength(1));
  await server(() => newest().accept("s1"));
  expect(await screen.findByText("My mother comes home on Sunday")).toBeDefined();
  expect(screen.getByText("Newborn Care")).toBeDefined();

  serve(page("tahmid", "Who will come?", null));
  await server(() => newest().lose("io server disconnect"));
  expect(await screen.findByText("Who will come?")).toBeDefined();
  expect(screen.queryByText("My mother comes home on Sunday")).toBeNull();
  expect(screen.queryByText("Newborn Care")).toBeNull();
});

test("who has signed in on another tab is signed in on this one once they look at it", async () => {
  serve({});
  await show("/chat");
  await screen.findByText(/Sign in to/);
  serve(page("nusrat", "Hello", []));
  await server(() => document.dispatchEvent(new Event("visibilitychange", { bubbles: true })));
  await waitFor(() => expect(alive()).toHaveLength(1));
  await server(() => newest().accept("s1"));
  expect(await screen.findByText("Hello")).toBeDefined();
});

test("what was booked while the page was cut off stands there once it is back", async () => {
  serve(page("nusrat", "Hello", []));
  await show("/chat");
  await waitFor(() => expect(alive()).toHaveLength(1));
  await server(() => newest().accept("s1"));
  await screen.findByText("Hello");
  serve(page("nusrat", "Hello", [booking]));
  await server(() => newest().lose());
  await server(() => newest().accept("s2", true));
  expect(await screen.findByText("Newborn Care")).toBeDefined();
});

test("a phone with a wrong clock names the days by the server's before its connection has said a word", async () => {
  const asked = page("nusrat", "Good morning", []);
  const headers = { date: "Mon, 23 Nov 2026 11:00:00 GMT" };
  serve({ ...asked, "GET /api/session": { ...asked["GET /api/session"], headers } });
  await show("/chat");
  await waitFor(() => expect(alive()).toHaveLength(1));
  await server(() => newest().accept("s1"));
  await screen.findByText("Good morning");
  expect(screen.getByText("Today")).toBeDefined();
});
