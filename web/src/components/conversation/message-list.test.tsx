import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { apply, EMPTY } from "@/lib/chat/conversation";
import { MessageList } from "./message-list";

const nothing = () => {};
const fact = (seq: number, senderId: string) => ({
  ...{ id: `m${seq}`, senderId, senderName: "Carevia Support", text: `text ${seq}`, seq },
  time: new Date(1_800_000_000_000 + seq * 1_000).toISOString(),
});
const conversation = apply(EMPTY, { type: "page_loaded", rows: [fact(1, "s1"), fact(2, "s2")], hasMore: false });
const does = { onOlder: nothing, onAgain: nothing, onDrop: nothing, onSeen: nothing };

test("to a customer the house is one person: one look, and one line under what two of the staff wrote", () => {
  const shown = { conversation, waiting: [], between: [], now: 1_800_000_000_000, ...does };
  const { rerender } = render(<MessageList {...shown} myId="u1" house />);
  expect(screen.getAllByText(/^Carevia Support · /)).toHaveLength(1);
  expect(screen.queryByText("CS")).toBeNull();
  rerender(<MessageList {...shown} myId="s3" house={false} />);
  expect(screen.getAllByText(/^Carevia Support · /)).toHaveLength(2);
  expect(screen.getAllByText("CS")).toHaveLength(2);
});

test("what is written from the right is shown from the right", () => {
  const arabic = { ...fact(1, "u1"), text: "مرحبا، متى تأتي الممرضة؟ 123" };
  const greeted = apply(EMPTY, { type: "page_loaded", rows: [arabic], hasMore: false });
  const shown = { conversation: greeted, waiting: [], between: [], now: 1_800_000_000_000, ...does };
  render(<MessageList {...shown} myId="s1" house={false} />);
  expect(screen.getByText(arabic.text).getAttribute("dir")).toBe("auto");
});

/** A view of 500 px on rows of 100, or of another height later, as a browser would lay them out. */
function laidOut(stream: HTMLElement) {
  const now = { ofRow: 100 };
  const rows = () => [...stream.querySelectorAll("[data-seq]")];
  const height = () => Math.max(500, rows().length * now.ofRow);
  let top = 0;
  Object.defineProperties(stream, {
    clientHeight: { value: 500 },
    scrollHeight: { get: height },
    scrollTop: {
      get: () => top,
      set: (to: number) => {
        top = Math.max(0, Math.min(to, height() - 500));
      },
    },
  });
  vi.spyOn(HTMLElement.prototype, "getBoundingClientRect").mockImplementation(function (this: HTMLElement) {
    const index = rows().indexOf(this);
    return index < 0 ? new DOMRect(0, 0, 300, 500) : new DOMRect(0, index * now.ofRow - top, 300, now.ofRow);
  });
  return now;
}

test("who has just scrolled up stays there, though a message comes before the browser has told of it", () => {
  const upTo = (last: number) =>
    apply(EMPTY, {
      type: "page_loaded",
      rows: Array.from({ length: last }, (_, n) => fact(n + 1, "s1")),
      hasMore: false,
    });
  const shown = { waiting: [], between: [], now: 1_800_000_000_000, ...does, myId: "u1", house: true };
  const { rerender } = render(<MessageList {...shown} conversation={upTo(20)} />);
  const stream = screen.getByRole("region", { name: "Messages" });
  laidOut(stream);
  stream.scrollTop = 1_500;
  fireEvent.scroll(stream);
  rerender(<MessageList {...shown} conversation={upTo(21)} />);
  expect(stream.scrollTop).toBe(1_600);
  stream.scrollTop -= 220;
  rerender(<MessageList {...shown} conversation={upTo(22)} />);
  rerender(<MessageList {...shown} conversation={upTo(23)} />);
  expect(stream.scrollTop).toBe(1_380);
  stream.scrollTop = 1_800;
  fireEvent.scroll(stream);
  rerender(<MessageList {...shown} conversation={upTo(24)} />);
  expect(stream.scrollTop).toBe(1_900);
  vi.restoreAllMocks();
});

test("who has scrolled up goes on reading the same message when the window gets another width", () => {
  const widths: (() => void)[] = [];
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(run: () => void) {
        widths.push(run);
      }
      observe() {}
      disconnect() {}
    },
  );
  const rows = Array.from({ length: 20 }, (_, n) => fact(n + 1, "s1"));
  const conversation = apply(EMPTY, { type: "page_loaded", rows, hasMore: false });
  const shown = { waiting: [], between: [], now: 1_800_000_000_000, ...does, myId: "u1", house: true };
  render(<MessageList {...shown} conversation={conversation} />);
  const stream = screen.getByRole("region", { name: "Messages" });
  const height = laidOut(stream);
  stream.scrollTop = 520;
  fireEvent.scroll(stream);
  height.ofRow = 150;
  for (const run of widths) run();
  expect(stream.scrollTop).toBe(770);
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});
