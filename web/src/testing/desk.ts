// A desk in a test: what the server answers, the page, and what it shows and says. A test that opens it mocks the client:
// vi.mock("socket.io-client", () => import("@/testing/fake-socket")).
import { act, screen, waitFor } from "@testing-library/react";
import { expect, onTestFinished, vi } from "vitest";
import { REST } from "@/lib/socket/frames";
import { data } from "@/testing/fake-server";
import { alive, newest } from "@/testing/fake-socket";
import { show } from "@/testing/show";

export const staff = { _id: "s1", name: "Sumaiya Islam", email: null, role: "admin" };
export const arrival = {
  userId: "u9",
  userEmail: "tahmid@mail.example",
  userName: "Tahmid Rahman",
  serviceName: "Post Surgery Care",
  trackingId: "CV-7KQ4M2XA",
  amountPaid: "9600",
  amount: 960_000,
  currency: "bdt",
};
export const nobody = { image: null, lastLoginAt: null, status: "open", assignee: null, unread: 0, waiting: null };
export const customer = (n: number, change: object = {}) => ({
  ...{ _id: `u${n}`, firstName: "Customer", lastName: String(n), email: "", lastMessage: null, waitingSince: null },
  ...{ ...nobody, activity: n, seq: n, ...change },
});
/** A page of the list of conversations. */
export function listing(rows: object[] = [], beside: object = {}) {
  const counts = { open: rows.length, mine: 0, unassigned: rows.length, closed: 0, unread: 0 };
  return {
    body: { success: true, message: "ok", data: rows, hasMore: false, nextAfter: null, counts, seq: 0, ...beside },
  };
}
/** What both events of a conversation say. */
export const about = (roomId: string, change: object = {}) => ({
  ...{ roomId, userName: "Nusrat Jahan", userEmail: "", status: "open", assignee: null, unread: 0 },
  ...{ waiting: null, waitingSince: null, activity: 8, ...change },
});
export const EMPTY_DESK = {
  "GET /api/session": data({ user: staff }),
  "GET /api/booking": data({ bookings: [], totalPages: 1, totalItems: 0, currentPage: 1 }),
  "GET /api/chat/conversation": listing(),
  "GET /api/chat/staff": data([{ _id: "s1", name: "Sumaiya Islam" }]),
  "GET /api/chat/message": data([]),
};
/** The server says something, and the frame in which it is drawn is over: a rest after the one before, at the latest. */
export const server = (change: () => unknown) =>
  act(async () => {
    await change();
    await new Promise((rested) => setTimeout(rested, REST));
    await new Promise(requestAnimationFrame);
  });
export const rows = () => [...document.querySelectorAll<HTMLElement>("[data-booking]")];
export const people = () => [...document.querySelectorAll<HTMLElement>("[data-participant]")];
/** What the page said by this name, each time's first argument. */
export const said = (name: string) =>
  newest()
    .said.filter((event) => event.name === name)
    .map((event) => event.args[0]);

/** The device's clock is set back by an hour, until the test is over. */
export function setBack(): void {
  const apart = Date.now() - 3_600_000 - performance.now();
  const clock = vi.spyOn(Date, "now").mockImplementation(() => apart + performance.now());
  onTestFinished(() => clock.mockRestore());
}

export async function openDesk(address = "/dashboard") {
  const view = await show(address);
  await waitFor(() => expect(alive()).toHaveLength(1));
  await server(() => undefined); // the page has listened before any server can answer
  if (address.includes("with=")) await screen.findByRole("textbox", { name: "Message" }); // a part that is loaded by itself
  await server(() => newest().accept("s1"));
  return view;
}
