import { act, fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { about, customer, EMPTY_DESK, listing, openDesk, server, staff } from "@/testing/desk";
import { data, serve } from "@/testing/fake-server";
import { newest, opened } from "@/testing/fake-socket";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

test("the empty box calls the customer by the first name, and offers the saved replies", async () => {
  const requests = serve({
    ...EMPTY_DESK,
    "GET /api/chat/conversation": listing([customer(9, { firstName: "Jahangir Alam", lastName: "Chowdhury" })]),
    "GET /api/chat/reply": data([{ id: "1", shortcut: "hello", text: "Good morning" }]),
  });
  await openDesk("/dashboard?view=chat&with=u9");
  const box = (await screen.findByPlaceholderText("Write to Jahangir Alam")) as HTMLTextAreaElement;
  await userEvent.click(screen.getByRole("button", { name: "/ for saved replies" }));
  expect(document.activeElement).toBe(box);
  await userEvent.click(await screen.findByRole("option", { name: /hello/ }));
  expect(box.value).toBe("Good morning");
  expect(screen.queryByRole("button", { name: "/ for saved replies" })).toBeNull();
  expect(requests.some(({ path }) => path === "/api/chat/reply")).toBe(true);
});

test("the arrows walk the saved replies, another word begins with the first, and a press elsewhere leaves them", async () => {
  serve({
    ...EMPTY_DESK,
    "GET /api/chat/conversation": listing([customer(9)]),
    "GET /api/chat/reply": data(["hello", "help", "hours"].map((one) => ({ id: one, shortcut: one, text: one }))),
  });
  await openDesk("/dashboard?view=chat&with=u9");
  const chosen = () => screen.getByRole("option", { name: /^\//, selected: true }).textContent;
  await userEvent.type(screen.getByRole("textbox", { name: "Message" }), "/");
  await screen.findByRole("option", { name: /hello/ });
  await userEvent.keyboard("{ArrowDown}{ArrowDown}");
  expect(chosen()).toContain("/hours");
  await userEvent.keyboard("{ArrowDown}{ArrowUp}h");
  expect(chosen()).toContain("/hello");
  fireEvent.pointerDown(screen.getByRole("log"));
  expect(screen.queryByRole("option", { name: /^\// })).toBeNull();
});

test("who adds a file goes on writing: no letter is a command", async () => {
  serve(EMPTY_DESK);
  await openDesk("/dashboard?view=chat&with=u9");
  screen.getByRole("button", { name: "Attach a file" }).focus();
  const files = [new File(["%PDF-1.7"], "plan.pdf", { type: "application/pdf" })];
  act(() => void fireEvent.change(screen.getByTestId("files"), { target: { files } }));
  await userEvent.keyboard("Here");
  expect(screen.getByRole("textbox", { name: "Message" })).toHaveProperty("value", "Here");
});

test("who takes a file back goes on writing", async () => {
  serve(EMPTY_DESK);
  await openDesk("/dashboard?view=chat&with=u9");
  await userEvent.upload(screen.getByTestId("files"), new File(["%PDF-1.7"], "plan.pdf", { type: "application/pdf" }));
  await userEvent.click(await screen.findByRole("button", { name: "Remove plan.pdf" }));
  expect(document.activeElement).toBe(screen.getByLabelText("Message"));
});

test("Enter that chooses a word of an input method sends nothing, also in Safari, which ends the composition first", async () => {
  serve(EMPTY_DESK);
  await openDesk("/dashboard?view=chat&with=u9");
  const box = screen.getByLabelText<HTMLTextAreaElement>("Message");
  await userEvent.type(box, "আসবেন");
  fireEvent.keyDown(box, { key: "Enter", isComposing: true });
  fireEvent.keyDown(box, { key: "Enter", keyCode: 229 });
  expect(box.value).toBe("আসবেন");
  fireEvent.keyDown(box, { key: "Enter", keyCode: 13 });
  expect(box.value).toBe("");
});

test("a draft is kept by conversation and found again", async () => {
  const lastMessage = { id: "m", senderId: "u1", senderName: "Nusrat", text: "Hi", time: "2026-11-23T10:00:00.000Z" };
  serve({ ...EMPTY_DESK, "GET /api/chat/conversation": listing([customer(2), customer(1, { lastMessage })]) });
  const { unmount } = await openDesk("/dashboard?view=chat&with=u1");
  await userEvent.type(screen.getByLabelText("Message"), "Ayesha");
  const row = document.querySelector<HTMLElement>("[data-participant=u1]");
  expect(row?.textContent).toContain("Draft: Ayesha");
  expect(row?.textContent).not.toContain("Hi"); // the customer's words are no draft
  unmount();
  opened.length = 0;
  await openDesk("/dashboard?view=chat&with=u1");
  expect((screen.getByLabelText("Message") as HTMLTextAreaElement).value).toBe("Ayesha");
});

test("what waited to go out ends nothing that was begun since, though it begins alike", async () => {
  serve({ ...EMPTY_DESK, "POST /api/chat/draft": data({}) });
  await openDesk("/dashboard?view=chat&with=u9");
  const box = screen.getByLabelText("Message") as HTMLTextAreaElement;
  await userEvent.type(box, "Hello there{Enter}Hello");
  await screen.findByText("Draft saved"); // only what the server has can be ended by another device
  const sent = newest().asked.find(({ name }) => name === "send_message")?.payload as object;
  const at = (id: string) => ({ ...sent, id, senderId: "s1", senderName: "R", time: "2026-11-23T10:00:00.000Z" });
  const told = (message: { id: string }) => ({ ...about("u9"), seq: 5, lastMessage: message });
  await server(() => newest().deliver("conversation_updated", told(at((sent as { id: string }).id)), "e.5"));
  expect(box.value).toBe("Hello");
  await server(() => newest().deliver("conversation_updated", told(at("of another device")), "e.6"));
  expect(box.value).toBe("");
});

test("a note of somebody who has no name says their e-mail at once, as it will to colleagues", async () => {
  const nameless = { ...staff, name: null, email: "desk@carevia.example" };
  serve({ ...EMPTY_DESK, "GET /api/session": data({ user: nameless }) });
  await openDesk("/dashboard?view=chat&with=u9");
  await userEvent.click(await screen.findByRole("button", { name: "Note" }));
  await userEvent.type(screen.getByLabelText("Message"), "She has called before.{Enter}");
  const sent = newest().asked.find(({ payload }) => (payload as { text?: string }).text === "She has called before.");
  await server(() => sent?.answer({ ok: true, seq: 7, time: "2026-11-23T10:02:00.000Z" }));
  expect(screen.getByText(/^Note by desk@carevia.example, only staff see it/)).toBeDefined();
});

test("who chooses a note by the pointer writes it at once: no letter of it is a command, or part of an answer", async () => {
  serve(EMPTY_DESK);
  await openDesk("/dashboard?view=chat&with=u9");
  await userEvent.click(screen.getByRole("button", { name: "Note" }));
  await userEvent.keyboard("private");
  expect(screen.getByRole("textbox", { name: "Message" })).toHaveProperty("value", "private");
  expect(screen.getByRole("button", { name: "Save note" })).toBeDefined();
});
