import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { EMPTY_DESK, openDesk } from "@/testing/desk";
import { data, serve } from "@/testing/fake-server";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

const EMPTY = data({ bookings: [], payments: [], totalPages: 0, totalItems: 0, currentPage: 1 });
const box = () => screen.findByRole("searchbox");

test.each(["bookings", "payments"])("who pauses while they search the %s goes on writing", async (place) => {
  serve({ ...EMPTY_DESK, "GET /api/payment": EMPTY });
  const { router } = await openDesk(`/dashboard/${place}`);
  await userEvent.type(await box(), "rim");
  await waitFor(() => expect(router.state.location.search).toEqual({ search: "rim" }));
  await userEvent.keyboard("a{Enter}");
  expect(await box()).toHaveProperty("value", "rima");
  await waitFor(() => expect(router.state.location.search).toEqual({ search: "rima" }));
});

test("the way back undoes a search, in its box too", async () => {
  serve(EMPTY_DESK);
  const { router } = await openDesk("/dashboard/bookings");
  await userEvent.type(await box(), "rima{Enter}");
  await waitFor(() => expect(router.state.location.search).toEqual({ search: "rima" }));
  act(() => router.history.back());
  await waitFor(async () => expect(await box()).toHaveProperty("value", ""));
});

test("a filter that is chosen before the search has gone into the address stays", async () => {
  serve(EMPTY_DESK);
  const { router } = await openDesk("/dashboard/bookings");
  await userEvent.type(await box(), "rima");
  await userEvent.selectOptions(screen.getByLabelText("Caregiver"), "assigned");
  await waitFor(() => expect(router.state.location.search).toEqual({ search: "rima", caregiver: "assigned" }));
});
