import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { data, type Reply, serve } from "@/testing/fake-server";
import { SavedRepliesDialog } from "./saved-replies-dialog";

const replies = [
  { id: "1", shortcut: "hello", text: "Good morning" },
  { id: "2", shortcut: "price", text: "It costs" },
];

beforeEach(() => {
  HTMLDialogElement.prototype.showModal ??= function show(this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) {
    this.open = false;
  };
});

async function open(saved: Reply | Promise<Reply> = data(replies[0])) {
  const requests = serve({
    "GET /api/chat/reply": data(replies),
    "POST /api/chat/reply": () => saved,
    "POST /api/chat/reply/remove": data({}),
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SavedRepliesDialog onClose={() => {}} />
    </QueryClientProvider>,
  );
  await screen.findByText("/hello");
  return () => requests.filter(({ method }) => method === "POST");
}

const word = () => screen.getByLabelText("Word after the slash") as HTMLInputElement;
const text = () => screen.getByLabelText("Text") as HTMLTextAreaElement;

test("removing one is asked about, and leaves what is being written as it is", async () => {
  const sent = await open();
  await userEvent.type(word(), "visit");
  await userEvent.type(text(), "We come at eight");
  await userEvent.click(screen.getByRole("button", { name: "Remove /hello" }));
  expect(screen.getByText("Remove /hello for all staff?")).toBeDefined();
  expect(sent()).toEqual([]);
  await userEvent.click(screen.getByRole("button", { name: "Remove" }));
  await waitFor(() => expect(sent()).toMatchObject([{ path: "/api/chat/reply/remove", body: { id: "1" } }]));
  expect([word().value, text().value]).toEqual(["visit", "We come at eight"]);
});

test("the words of a reply that is removed while it is changed stay, as a new one", async () => {
  await open();
  await userEvent.click(screen.getByRole("button", { name: "Edit /price" }));
  await userEvent.click(screen.getByRole("button", { name: "Remove /price" }));
  await userEvent.click(screen.getByRole("button", { name: "Remove" }));
  expect(await screen.findByRole("heading", { name: "New reply" })).toBeDefined();
  expect(text().value).toBe("It costs");
});

test("a reply is saved once however often one presses, and what is written on meanwhile is a change of it", async () => {
  let answer: (reply: Reply) => void = () => {};
  const sent = await open(new Promise((done) => (answer = done)));
  await userEvent.type(word(), "visit");
  await userEvent.type(text(), "We come");
  await userEvent.dblClick(screen.getByRole("button", { name: "Save reply" }));
  await userEvent.type(text(), " at eight");
  answer(data({ id: "3", shortcut: "visit", text: "We come" }));
  expect(await screen.findByRole("heading", { name: "Edit /visit" })).toBeDefined();
  expect(text().value).toBe("We come at eight");
  expect(sent()).toMatchObject([{ body: { shortcut: "visit", text: "We come" } }]);
  await userEvent.click(screen.getByRole("button", { name: "Save reply" }));
  await waitFor(() => expect(sent()).toHaveLength(2));
  expect(sent()[1]).toMatchObject({ body: { id: "3", text: "We come at eight" } });
});

test("what is wrong is said in our words, at its field, which takes the focus", async () => {
  const sent = await open();
  await userEvent.type(word(), "two words");
  await userEvent.type(text(), "Text{Tab}{Enter}");
  expect(document.activeElement).toBe(word());
  expect(word().getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByText("Write one word, without a space or a slash.").id).toBe(
    word().getAttribute("aria-describedby"),
  );
  expect(sent()).toEqual([]);
});
