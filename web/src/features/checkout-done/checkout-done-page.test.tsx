import { screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { data, refusal, serve } from "@/testing/fake-server";
import { show } from "@/testing/show";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

const ADDRESS = "/booking/done?session_id=cs_test_1";
const checkout = (state: string, trackingId: string | null = null) =>
  data({ sessionId: "cs_test_1", state, trackingId, amountPaid: trackingId ? "3000" : "", currency: "bdt" });

afterEach(() => vi.useRealTimers());

test("a paid checkout shows the booking's number and what was paid, and is not asked for again", async () => {
  const requests = serve({ "POST /api/payment/confirm": checkout("paid", "CV-7K2M9QXT") });
  await show(ADDRESS);
  expect(await screen.findByRole("heading", { name: "Thank you, your payment has arrived" })).toBeDefined();
  expect(screen.getByText("CV-7K2M9QXT")).toBeDefined();
  expect(screen.getByText("৳3,000")).toBeDefined();
  const posts = requests.filter(({ method }) => method === "POST");
  expect(posts[0]).toEqual({ method: "POST", path: "/api/payment/confirm", body: { sessionId: "cs_test_1" } });
});

test("what is not known yet is asked for again until it is", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const answers = [refusal(503, "We cannot ask the payment provider at the moment."), checkout("processing")];
  serve({ "POST /api/payment/confirm": () => answers.shift() ?? checkout("paid", "CV-7K2M9QXT") });
  await show(ADDRESS);
  expect((await screen.findByRole("alert")).textContent).toContain("We cannot ask the payment provider");
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await screen.findByRole("heading", { name: "Your payment is under way" })).toBeDefined();
  expect(screen.queryByRole("alert")).toBeNull();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await screen.findByText("CV-7K2M9QXT")).toBeDefined();
});

test("an address without a session asks nothing", async () => {
  const requests = serve({});
  await show("/booking/done?next=https%3A%2F%2Fevil.example");
  expect(await screen.findByText(/opens by itself after you have paid/)).toBeDefined();
  expect(screen.getByRole("link", { name: "Write to Carevia Support" }).getAttribute("href")).toBe("/chat");
  expect(requests.filter(({ method }) => method === "POST")).toEqual([]);
  const links = screen.getAllByRole("link").map((link) => link.getAttribute("href"));
  expect(links.filter((href) => !href?.startsWith("/"))).toEqual([]);
});
