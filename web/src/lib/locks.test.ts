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

test("the tab that somebody turns to takes the lead, and the one before has it again once that one is gone", async () => {
  Object.defineProperty(navigator, "locks", { value: oneLock(), configurable: true });
  const looked = vi.spyOn(document, "hasFocus").mockReturnValue(false);
  const [one, other] = [vi.fn(), vi.fn()];
  leadership("ringing", one);
  await vi.waitFor(() => expect(one.mock.lastCall).toEqual([true]));
  looked.mockReturnValue(true);
  const leave = leadership("ringing", other);
  await vi.waitFor(() => expect([one.mock.lastCall, other.mock.lastCall]).toEqual([[false], [true]]));
  leave();
  await vi.waitFor(() => expect([one.mock.lastCall, other.mock.lastCall]).toEqual([[true], [false]]));
  Reflect.deleteProperty(navigator, "locks");
});

/** A browser's locks, as far as there is one name: who steals it ends whoever holds it, who does not waits. */
function oneLock() {
  let rob = (): void => {};
  let held: Promise<void> = Promise.resolve();
  const request = (_: string, { steal = false }, hold: () => Promise<void>) =>
    new Promise<void>((done, fail) => {
      const take = () => {
        rob = () => fail(new DOMException("It was stolen.", "AbortError"));
        held = hold();
        return held.then(done);
      };
      if (steal) rob();
      void (steal ? take() : held.then(take));
    });
  return { request };
}
