import { expect, test } from "vitest";
import { ShownLog } from "./shown";

const list = (requestedAt: number, newest: number, oldest = 0) => ({ requestedAt, newest, oldest });

test("nothing is confirmed before the list was asked for with the socket at the desk", () => {
  const log = new ShownLog();
  log.loaded(list(10, 5));
  log.painted();
  expect(log.claim).toBeNull();
  log.begin(20);
  log.received(7);
  log.painted();
  expect(log.claim).toBeNull(); // number 6 may have come in between
  log.loaded(list(20, 6));
  expect(log.claim).toBeNull(); // not painted yet
  log.painted();
  expect(log.claim).toEqual({ since: 0, seq: 7 });
});

test("a list with more pages confirms no more than it shows", () => {
  const log = new ShownLog();
  log.begin(1);
  log.loaded(list(2, 90, 41));
  log.painted();
  expect(log.claim).toEqual({ since: 41, seq: 90 });
  log.received(92);
  log.loaded(list(3, 92, 43));
  log.painted();
  expect(log.claim).toEqual({ since: 41, seq: 92 }); // 41 and 42 were on the screen
});

test("after an absence it begins anew", () => {
  const log = new ShownLog();
  log.begin(1);
  log.loaded(list(2, 5));
  log.painted();
  log.begin(10);
  log.received(99);
  expect(log.claim).toBeNull();
  log.loaded(list(11, 98, 60));
  log.painted();
  expect(log.claim).toEqual({ since: 60, seq: 99 });
});

test("after a restored backup nothing is confirmed that only the lost events had reached", () => {
  const log = new ShownLog();
  log.begin(1);
  log.received(99);
  log.loaded(list(2, 98));
  log.painted();
  log.begin(10);
  log.loaded(list(11, 40));
  log.painted();
  expect(log.claim).toEqual({ since: 0, seq: 40 });
});

test("an empty list is a list", () => {
  const log = new ShownLog();
  log.begin(1);
  log.loaded(list(1, 0));
  log.painted();
  expect(log.claim).toEqual({ since: 0, seq: 0 });
});
