import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { data, serve } from "@/testing/fake-server";
import { alive, newest, opened } from "@/testing/fake-socket";
import { show } from "@/testing/show";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

/** The text of the smallest element that says exactly this, whatever it is made of. */
const exact = (text: string) => (_: string, element: Element | null) =>
  element?.textContent === text && ![...element.children].some((child) => child.textContent === text);
const says = (text: string) => screen.findByText(exact(text));
const log = () => [...screen.getByRole("log").children].map((line) => line.textContent);
const stamped = (text: string) => expect.stringMatching(new RegExp(`^\\[\\d{2}:\\d{2}:\\d{2}\\] ${text}$`));
const server = (change: () => unknown) => act(async () => void (await change()));

beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
  serve({});
});

async function visit() {
  const view = await show("/test-socket");
  await waitFor(() => expect(alive()).toHaveLength(1));
  await server(() => undefined); // the page has listened before any server can answer
  return view;
}

test("the page has the contract's words before anything happens", async () => {
  await visit();
  expect(screen.getByRole("heading", { name: "Socket.io Connection Test" })).toBeDefined();
  expect(screen.getByRole("heading", { name: "Event Log:" })).toBeDefined();
  const heading = screen.getByRole("heading", { name: "Testing Instructions:" });
  expect(within(heading.parentElement as HTMLElement).getAllByRole("listitem")).toHaveLength(4);
  expect(await says("Status: ❌ Disconnected")).toBeDefined();
  expect(log()).toEqual(["Waiting for events..."]);
});

test("connected, with its id, transport and console line", async () => {
  await visit();
  await server(() => newest().accept("abc123"));
  expect(await says("Status: ✅ Connected")).toBeDefined();
  expect(await says("Socket ID: abc123")).toBeDefined();
  expect(log()).toEqual([stamped("Connected with ID: abc123")]);
  expect(console.log).toHaveBeenCalledWith("✅ Connected to server", "abc123");
  expect(await says("polling")).toBeDefined();
  await server(() => newest().upgrade());
  expect(await says("websocket")).toBeDefined();
});

test("a lost server turns it red with the error, and green again without a reload; the log is oldest first", async () => {
  await visit();
  await server(() => newest().accept("abc123"));
  await server(() => newest().lose("transport close"));
  await server(() => newest().fail(new Error("xhr poll error")));
  expect(await says("Status: ❌ Disconnected")).toBeDefined();
  expect(console.log).toHaveBeenCalledWith("❌ Disconnected from server", "transport close");
  expect(console.error).toHaveBeenCalledWith("Connection error:", "xhr poll error");
  await server(() => newest().accept("def456"));
  expect(await says("Status: ✅ Connected")).toBeDefined();
  expect(log()).toEqual([
    stamped("Connected with ID: abc123"),
    stamped("Disconnected from server"),
    stamped("Error: xhr poll error"),
    stamped("Connected with ID: def456"),
  ]);
  expect(opened.filter((socket) => socket.connects > 0)).toHaveLength(1);
});

test("custom events are shown with name and payload, without offset and without the pulse", async () => {
  await visit();
  await server(() => newest().accept("abc123"));
  await server(() => {
    newest().deliver("customer_added", { userName: "Nusrat" }, "e.12");
    newest().deliver("live", { seq: 12, time: "2026-11-23T10:00:00.000Z" });
    newest().deliver("anything", "text", null);
  });
  expect(log().slice(1)).toEqual([stamped('customer_added {"userName":"Nusrat"}'), stamped('anything "text"')]);
});

test("a guest is told where payment events are, and may ask for a test event", async () => {
  await visit();
  const link = await screen.findByRole("link", { name: "Sign in to see payment events" });
  expect(link.getAttribute("href")).toBe("/login?next=%2Ftest-socket");
  await server(() => newest().accept("abc123"));
  await userEvent.click(screen.getByRole("button", { name: "Send a test event" }));
  expect(newest().said).toEqual([{ name: "test_event", args: [] }]);
});

test("staff are told that payment events come here", async () => {
  serve({ "GET /api/session": data({ user: { _id: "u1", name: "Sumaiya Islam", email: null, role: "admin" } }) });
  await visit();
  expect(await screen.findByText("Sumaiya Islam, staff")).toBeDefined();
  expect(screen.queryByText("Sign in to see payment events")).toBeNull();
});

test("a refusal is shown as such, not as a broken connection", async () => {
  await visit();
  await server(() => newest().refuse("Sign in first"));
  expect(log()).toEqual([stamped("Error: Sign in first")]);
  expect(await screen.findByText(/The server answered and refused: Sign in first/)).toBeDefined();
});

test("a refusal that is sentences of its own ends in one full stop", async () => {
  await visit();
  await server(() => newest().refuse("Not at the moment. Try again."));
  expect(await screen.findByText(/refused: Not at the moment. Try again. The connection itself/)).toBeDefined();
});

test("a connection that has gone silent is being checked, and then left; nobody is told that everything works", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  serve({ "GET /api/session": data({ user: { _id: "u1", name: "Sumaiya Islam", email: null, role: "admin" } }) });
  await visit();
  await screen.findByText("Sumaiya Islam, staff");
  await server(() => newest().accept("abc123"));
  await server(() => newest().deliver("live", { seq: 1, time: new Date().toISOString() }));
  expect(await screen.findByText("Live")).toBeDefined();
  expect(screen.getByText(/^The connection works/)).toBeDefined();
  await server(() => vi.advanceTimersByTime(4_000));
  expect(await screen.findByText("Checking")).toBeDefined();
  expect(screen.queryByText(/^The connection works/)).toBeNull();
  expect(await says("Status: ✅ Connected")).toBeDefined();
  await server(() => vi.advanceTimersByTime(5_000));
  expect(await says("Status: ❌ Disconnected")).toBeDefined();
});

test("where the browser says that there is no network, the page does not say that it is connected", async () => {
  await visit();
  await server(() => newest().accept("abc123"));
  expect(await says("Status: ✅ Connected")).toBeDefined();
  await server(() => window.dispatchEvent(new Event("offline")));
  expect(await says("Status: ❌ Disconnected")).toBeDefined();
  expect(screen.getByText("Offline")).toBeDefined();
  await server(() => window.dispatchEvent(new Event("online")));
});

test("a guest, who hears no pulse, asks for a sign of life, and a refusal is one", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  await visit();
  await server(() => newest().accept("abc123"));
  for (let asked = 1; asked <= 4; asked += 1) {
    await server(() => vi.advanceTimersByTime(3_000));
    await server(() => newest().asked.at(-1)?.answer({ ok: false, error: "Sign in first" }));
  }
  expect(screen.getByText("Live")).toBeDefined();
  await server(() => vi.advanceTimersByTime(9_000));
  expect(await screen.findByText("Checking")).toBeDefined();
});

test("how long the server takes to answer is measured", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  await visit();
  await server(() => newest().accept("abc123"));
  expect(screen.queryByText(/median/)).toBeNull();
  for (const [wait, late] of [
    [0, 12], // asked as soon as it is connected
    [3_000, 31],
    [3_000, 20],
  ] as const) {
    await server(() => vi.advanceTimersByTime(wait));
    await server(() => vi.advanceTimersByTime(late));
    await server(() => newest().asked.at(-1)?.answer({ ok: false, error: "Sign in first" }));
  }
  expect(document.querySelectorAll("[aria-labelledby=latency] rect")).toHaveLength(3);
  expect(screen.getByText(/^\d+ ms/).parentElement?.textContent).toMatch(/^\d+ ms median \d+, worst \d+$/);
});

test("a connection that was cut on purpose says how it came back", async () => {
  await visit();
  await server(() => newest().accept("abc123"));
  await userEvent.click(screen.getByRole("button", { name: "Cut the connection" }));
  expect(newest().io.engine.closed).toBe(1);
  await server(() => newest().lose("forced close"));
  expect(screen.queryByText(/After the cut/)).toBeNull();
  expect(document.activeElement?.textContent).toBe("Cut the connection");
  await server(() => newest().accept("def456"));
  expect(await screen.findByText(/^After the cut the page was back in \d+\.\d s, with a new session\.$/)).toBeDefined();
});

test("ten visits leave no connection and no listener", async () => {
  for (let visits = 0; visits < 10; visits += 1) {
    const { unmount } = await visit();
    await server(() => newest().accept(`s${visits}`));
    unmount();
  }
  expect(alive()).toEqual([]);
  expect(opened.map((socket) => socket.everythingListening)).toEqual(opened.map(() => 0));
});
