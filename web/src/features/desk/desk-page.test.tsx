import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { data, serve } from "@/testing/fake-server";
import { alive, newest, opened } from "@/testing/fake-socket";
import { show } from "@/testing/show";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

const staff = { _id: "s1", name: "Sumaiya Islam", email: null, role: "admin" };
const arrival = {
  userId: "u9",
  userEmail: "tahmid@mail.example",
  userName: "Tahmid Rahman",
  serviceName: "Post Surgery Care",
  trackingId: "CV-7KQ4M2XA",
  amountPaid: "9600",
  amount: 960_000,
  currency: "bdt",
};
const EMPTY_DESK = {
  "GET /api/session": data({ user: staff }),
  "GET /api/booking": data({ bookings: [], totalPages: 1, totalItems: 0, currentPage: 1 }),
  "GET /api/chat/user/booking": data([]),
  "GET /api/chat/message": data([]),
};
const server = (change: () => unknown) => act(async () => void (await change()));
const rows = () => [...document.querySelectorAll<HTMLElement>("[data-booking]")];
const people = () => [...document.querySelectorAll<HTMLElement>("[data-participant]")];

async function openDesk(address = "/dashboard") {
  const view = await show(address);
  await vi.waitFor(() => expect(alive()).toHaveLength(1));
  await server(() => newest().accept("s1"));
  return view;
}

test("a customer is told whose desk it is, and no socket is opened", async () => {
  serve({ "GET /api/session": data({ user: { ...staff, role: "user" } }) });
  await show("/dashboard");
  expect(await screen.findByText("Only staff can open the desk. You are signed in as a customer.")).toBeDefined();
  expect(opened).toEqual([]);
});

test("nobody is shown the way in", async () => {
  serve({});
  await show("/dashboard");
  const main = await screen.findByRole("main");
  const link = await within(main).findByRole("link", { name: "Sign in" });
  expect(link.getAttribute("href")).toBe("/login?next=%2Fdashboard");
});

test("an empty desk offers a test booking in development only", async () => {
  const requests = serve({ ...EMPTY_DESK, "POST /api/simulate": data({ trackingId: "CV-1" }) });
  await openDesk();
  await userEvent.click((await screen.findAllByRole("button", { name: "Play a test booking" }))[0] as HTMLElement);
  expect(requests).toContainEqual({ method: "POST", path: "/api/simulate", body: {} });
});

test("what is wrong with the server is said for as long as it says so", async () => {
  serve(EMPTY_DESK);
  await openDesk();
  const full = "The disk is full: nothing was confirmed.";
  await server(() => newest().deliver("live", { seq: 1, time: "2026-11-23T06:00:00.000Z", alarm: full }, null));
  const alarm = await screen.findByText(full);
  expect(alarm.closest("[role=alert]")).not.toBeNull();
  await server(() => newest().deliver("live", { seq: 1, time: "2026-11-23T06:00:01.000Z" }, null));
  expect(screen.queryByText(full)).toBeNull();
});

test("production has no test booking", async () => {
  serve({ ...EMPTY_DESK, "GET /config.json": { body: { socketUrl: "", env: "production", guestSockets: false } } });
  await openDesk();
  expect(await screen.findByText(/No bookings yet/)).toBeDefined();
  expect(screen.queryByRole("button", { name: "Play a test booking" })).toBeNull();
});

test("a paid booking is on the screen at once, once, and its customer is among the people, once", async () => {
  serve(EMPTY_DESK);
  await openDesk();
  await server(() => {
    newest().deliver("customer_added", arrival, "e.12");
    newest().deliver("customer_added", arrival, "e.12");
    newest().deliver("customer_added", { ...arrival, trackingId: "CV-2" }, "e.13");
  });
  expect(rows().map((row) => row.dataset.booking)).toEqual(["CV-2", "CV-7KQ4M2XA"]);
  expect(within(rows()[0] as HTMLElement).getByText("৳9,600")).toBeDefined();
  expect(people().map((row) => row.dataset.participant)).toEqual(["u9"]);
});

test("after an absence the lists are read again, after a recovery they are not", async () => {
  const requests = serve(EMPTY_DESK);
  await openDesk();
  const lists = () => requests.filter(({ path }) => path.startsWith("/api/booking")).length;
  await vi.waitFor(() => expect(lists()).toBeGreaterThanOrEqual(1));
  const before = lists();
  await server(() => newest().lose());
  await server(() => newest().accept("s1", true));
  expect(lists()).toBe(before);
  await server(() => newest().lose());
  await server(() => newest().accept("s2", false));
  await vi.waitFor(() => expect(lists()).toBe(before + 1));
  await server(() => newest().deliver("reset", { reason: "retention" }, "e.90"));
  await vi.waitFor(() => expect(lists()).toBe(before + 2));
});

test("a conversation is joined, read, and answered over the one socket", async () => {
  const row = {
    id: "c1",
    roomId: "u9",
    senderId: "u9",
    senderName: "Tahmid Rahman",
    text: "Who will come?",
    status: "sent",
  };
  serve({ ...EMPTY_DESK, "GET /api/chat/message": data([{ ...row, time: "2026-11-23T10:00:00.000Z", seq: 5 }]) });
  await openDesk("/dashboard?view=chat&with=u9");
  expect(newest().asked[0]).toMatchObject({ name: "join_room", payload: "u9" });
  await server(() => newest().asked[0]?.answer({ ok: true }));
  expect(await screen.findByText("Who will come?")).toBeDefined();
  await server(() =>
    newest().deliver("receive_message", { ...row, id: "c2", text: "Hello?", time: "2026-11-23T10:01:00.000Z" }, "e.6"),
  );
  const fresh = screen.getByRole("log", { name: "New messages" });
  expect(within(fresh).getByText("Hello?")).toBeDefined();
  expect(within(fresh).queryByText("Who will come?")).toBeNull();

  await userEvent.type(screen.getByLabelText("Message"), "Ayesha comes{Enter}");
  const sent = newest().asked.at(-1);
  expect(sent).toMatchObject({ name: "send_message", payload: { roomId: "u9", text: "Ayesha comes" } });
  expect(screen.getByText("Sending…")).toBeDefined();
  await server(() => sent?.answer({ ok: true, seq: 7, time: "2026-11-23T10:02:00.000Z" }));
  expect(screen.queryByText("Sending…")).toBeNull();
  expect(within(fresh).getByText("Ayesha comes")).toBeDefined();
  expect(alive()).toHaveLength(1);
});

test("who types is named, and unread messages of others are counted", async () => {
  serve(EMPTY_DESK);
  await openDesk("/dashboard?view=chat&with=u9");
  await server(() => {
    newest().deliver("user_typing", "Tahmid Rahman", { room: "u9", userId: "u9" });
    newest().deliver("user_typing", "Somebody", { room: "u1", userId: "u1" });
    const lastMessage = { id: "m", senderId: "u1", senderName: "Nusrat", text: "Hi", time: "2026-11-23T10:00:00.000Z" };
    newest().deliver(
      "conversation_updated",
      { roomId: "u1", seq: 8, lastMessage, unread: 3, userName: "Nusrat Jahan" },
      "e.9",
    );
  });
  expect(screen.getByText("Tahmid Rahman is typing")).toBeDefined();
  expect(people().map((row) => row.dataset.participant)).toEqual(["u1"]);
  expect(screen.getByText("3 unread messages")).toBeDefined();
});

test("what comes into the open conversation is told to be seen, what a colleague read is not", async () => {
  serve(EMPTY_DESK);
  await openDesk("/dashboard?view=chat&with=u9");
  const lastMessage = { id: "m", senderId: "u9", senderName: "", text: "Hi", time: "2026-11-23T10:00:00.000Z" };
  const update = { roomId: "u9", seq: 8, lastMessage, userName: "Tahmid Rahman" };
  await server(() => newest().deliver("conversation_updated", { ...update, unread: 1 }, "e.9"));
  expect(newest().said).toEqual([{ name: "join_room", args: ["u9"] }]);
  await server(() => newest().deliver("conversation_updated", { ...update, unread: 0 }, "e.10"));
  expect(newest().said).toHaveLength(1);
  expect(screen.queryByText("1 unread message")).toBeNull();
});

test("a sign-out elsewhere ends the desk here", async () => {
  serve(EMPTY_DESK);
  await openDesk();
  serve({});
  await server(() => newest().lose("io server disconnect"));
  expect(await screen.findByText("Only staff can open the desk. Sign in to go on.")).toBeDefined();
  expect(alive()).toEqual([]);
});

test("leaving the desk closes its socket", async () => {
  serve(EMPTY_DESK);
  const { unmount } = await openDesk();
  const socket = newest();
  unmount();
  expect(socket.disconnects).toBe(1);
  expect(socket.everythingListening).toBe(0);
});
