import { expect, test } from "vitest";
import type { OwnPayment } from "./get-own";
import { inStream } from "./received-card";

test("payments stand in the stream by their time, and of one second as they were made", () => {
  const paid = (id: string, second: number) =>
    ({ _id: id, createdAt: `2026-11-23T10:00:0${second}.000Z`, paidAt: null }) as OwnPayment;
  const listed = [paid("third", 1), paid("second", 1), paid("first", 0)]; // the newest is listed first
  expect(inStream(listed).map(({ key }) => key)).toEqual(["first", "second", "third"]);
});
