import { expect, test } from "vitest";
import type { Message } from "@/lib/chat/conversation";
import { inOrder } from "./message-list";

const message = (time: number) => ({ key: `m${time}`, time }) as Message;
const payment = (time: number) => ({ key: `p${time}`, time, content: "paid" });

test("what is between the messages stands where its time is, before a message of the same moment", () => {
  const items = inOrder([message(2), message(5), message(5)], [payment(1), payment(5), payment(9)]);
  expect(items.map(({ key }) => key)).toEqual(["p1", "m2", "p5", "m5", "m5", "p9"]);
  expect(inOrder([], [payment(1)]).map(({ key }) => key)).toEqual(["p1"]);
});
