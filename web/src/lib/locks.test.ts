// @vitest-environment jsdom
import { expect, test, vi } from "vitest";
import { alone, leadership } from "./locks";

test("where the browser is forbidden to lock, every tab is alone, as where it cannot", async () => {
  const forbidden = () => Promise.reject(new DOMException("Not in this context.", "SecurityError"));
  const request = vi.fn(() => new Promise<void>(() => {})).mockImplementationOnce(forbidden);
  Object.defineProperty(navigator, "locks", { value: { request }, configurable: true });
  const lead = vi.fn();
  leadership("ringing", lead);
  await vi.waitFor(() => expect(lead.mock.calls).toEqual([[true]]));
  expect(request).toHaveBeenCalledTimes(1);
  request.mockImplementationOnce(forbidden);
  const work = vi.fn(async () => {});
  await alone("sending", 1_000, work);
  expect(work).toHaveBeenCalledTimes(1);
  Reflect.deleteProperty(navigator, "locks");
});

test("a page that is being left asks for no lead any more: Safari would refuse it for ever, and never come to an end", async () => {
  const refused = () => Promise.reject(new DOMException("The page is being left.", "InvalidStateError"));
  const request = vi.fn(() => new Promise<void>(() => {}));
  for (let time = 0; time < 100; time += 1) request.mockImplementationOnce(refused);
  Object.defineProperty(navigator, "locks", { value: { request }, configurable: true });
  const lead = vi.fn();
  leadership("ringing", lead);
  await vi.waitFor(() => expect(lead.mock.lastCall).toEqual([false]));
  expect(request).toHaveBeenCalledTimes(1);
  Reflect.deleteProperty(navigator, "locks");
});

test("who asks for the lead no more does not take it, though it is given late", async () => {
  let give = async () => {};
  const request = (_: string, __: object, hold: () => Promise<void>) =>
    new Promise<void>((done) => {
      give = () => hold().then(done);
    });
  Object.defineProperty(navigator, "locks", { value: { request }, configurable: true });
  vi.spyOn(document, "hasFocus").mockReturnValue(true); // it is stolen then, which cannot be called off
  const lead = vi.fn();
  leadership("ringing", lead)();
  await give(); // and lets the next one have it
  expect(lead.mock.calls).toEqual([[false]]);
  Reflect.deleteProperty(navigator, "locks");
});
