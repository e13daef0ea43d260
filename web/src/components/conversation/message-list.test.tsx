import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
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
