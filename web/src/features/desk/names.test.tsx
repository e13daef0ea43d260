import { act, cleanup, screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { customer, EMPTY_DESK, listing, openDesk } from "@/testing/desk";
import { data, type Reply, serve } from "@/testing/fake-server";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

test("who is opened by address is called a customer until their name is known, and unknown only where there is none", async () => {
  let answer = (_: Reply) => {};
  const row = new Promise<Reply>((done) => {
    answer = done;
  });
  const lists = {
    "GET /api/chat/conversation?filter=open&unread=false&limit=100": () => new Promise<never>(() => {}),
    "GET /api/payment": data({ payments: [], totalPages: 1, totalItems: 0, currentPage: 1 }),
  };
  serve({ ...EMPTY_DESK, ...lists, "GET /api/chat/conversation?roomId=u7": () => row });
  await openDesk("/dashboard?view=chat&with=u7");
  const title = await screen.findByRole("region", { name: "Customer" });
  await within(title).findByPlaceholderText("Write to Customer");
  await waitFor(() => expect(within(beside()).getByText("0 bookings")).toBeDefined());
  expect(document.body.textContent).not.toContain("Unknown customer");
  const seen: string[] = [];
  const watcher = new MutationObserver(() => seen.push(document.body.textContent));
  watcher.observe(document.body, { subtree: true, childList: true, characterData: true });
  await act(async () => answer(listing([customer(7)])));
  expect(await screen.findByRole("region", { name: "Customer 7" })).toBeDefined();
  expect(await within(beside()).findByText("Customer 7")).toBeDefined();
  watcher.disconnect();
  expect(seen.filter((text) => text.includes("Unknown customer"))).toEqual([]);

  serve({ ...EMPTY_DESK, ...lists, "GET /api/chat/conversation?roomId=u8": listing([]) });
  cleanup();
  await openDesk("/dashboard?view=chat&with=u8");
  expect(await screen.findByRole("region", { name: "Unknown customer" })).toBeDefined();
});

const beside = () => screen.getByRole("complementary", { name: "Customer" });
