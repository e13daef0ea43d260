import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, createEvent, fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { serve } from "@/testing/fake-server";
import { Composer } from "./composer";

const picture = new File(["x"], "wound.png", { type: "image/png" });
let given: string[];

beforeEach(() => {
  given = [];
  serve({ "GET /api/chat/draft": { status: 204, body: null }, "GET /api/chat/reply": { status: 204, body: null } });
  const uploads = {
    ...{ list: [], refused: null, again: () => {}, remove: () => {}, clear: () => {} },
    add: (files: Iterable<File>) => given.push(...[...files].map(({ name }) => name)),
  };
  const person = { person: "sabina", room: "nusrat", placeholder: "", answering: [], staff: true };
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Composer {...person} uploads={uploads} onSend={() => {}} onTyping={() => {}} />
    </QueryClientProvider>,
  );
});

const field = () => screen.getByLabelText("Message");
const files = (types: string[]) => ({ files: [picture], types: ["Files", ...types] });

/** Whether the browser is kept from doing what it would do. */
function paste(types: string[] = []): boolean {
  const event = createEvent.paste(field(), { clipboardData: files(types) });
  fireEvent(field(), event);
  return event.defaultPrevented;
}

function dropOnPage(): void {
  act(() => void window.dispatchEvent(Object.assign(new Event("drop"), { dataTransfer: files([]) })));
}

test("a pasted picture is attached", () => {
  expect(paste()).toBe(true);
  expect(given).toEqual(["wound.png"]);
});

test("what is copied from a table comes with a picture of itself and is pasted as text", () => {
  expect(paste(["text/plain", "text/html"])).toBe(false);
  expect(given).toEqual([]);
});

test("a file that was copied comes with its name as text and is attached", () => {
  expect(paste(["text/plain"])).toBe(true);
  expect(given).toEqual(["wound.png"]);
});

test("a file that is dropped beside the field, anywhere on the page, is attached", () => {
  dropOnPage();
  expect(given).toEqual(["wound.png"]);
});

test.each([
  ["pasted", () => void paste()],
  ["dropped", dropOnPage],
])("a note says that it cannot have the file that was %s", async (_, bring) => {
  await userEvent.click(screen.getByRole("button", { name: "Note" }));
  bring();
  expect(given).toEqual([]);
  expect(screen.getByRole("alert").textContent).toContain("a note has text only");
  await userEvent.click(screen.getByRole("button", { name: "Reply" }));
  expect(screen.queryByRole("alert")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Note" }));
  expect(screen.queryByRole("alert")).toBeNull();
});

test("saved replies that were left are offered again behind the next slash", async () => {
  await userEvent.type(field(), "/{Escape}");
  expect(screen.queryByRole("listbox")).toBeNull();
  await userEvent.clear(field());
  await userEvent.type(field(), "/");
  expect(screen.getByRole("listbox", { name: "Saved replies" })).toBeDefined();
});
