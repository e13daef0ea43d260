import { expect, test } from "vitest";
import { orAnew } from "./lazily";

const missing = async () => {
  throw new Error("not there");
};

test("what comes is given on", async () => {
  expect(await orAnew(async () => "there")).toBe("there");
});

test("what does not come is waited for no longer: the page is loaded anew, or ends in its sentence where that was in vain", async () => {
  const waiting = orAnew(missing, async () => true);
  expect(await Promise.race([waiting, Promise.resolve("the page goes")])).toBe("the page goes");
  await expect(orAnew(missing, async () => false)).rejects.toThrow("not there");
});
