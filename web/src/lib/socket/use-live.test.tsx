import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { DESK_LIMITS } from "@/lib/freshness";
import { newest } from "@/testing/fake-socket";
import { Connection } from "./connection";
import { useLive } from "./use-live";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

let missed: string[];

beforeEach(() => {
  vi.useFakeTimers();
  missed = [];
});

/** A page whose connection has been accepted. */
async function page() {
  const connection = new Connection({ url: "http://desk.example" });
  const onMissed = (why: string) => missed.push(why);
  const { result } = renderHook(() => useLive(connection, { limits: DESK_LIMITS, onMissed }));
  connection.open();
  await act(() => newest().accept("s1"));
  return result;
}

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
/** The server says how far it is; by its own clock, where that is another. */
const live = (seq: number, apart = 0) => {
  newest().deliver("live", { seq, time: new Date(Date.now() + apart).toISOString() }, null);
  return pass(100);
};

test("behind is who has not shown by a while later what the server has said, and nobody else", async () => {
  const desk = await page();
  await live(5);
  await live(7); // a moment before the event itself
  newest().deliver("customer_added", {}, "e.7");
  await pass(1_600);
  expect(missed).toEqual(["away"]); // as at each beginning
  await live(9);
  await pass(1_600);
  expect(missed).toEqual(["away", "behind"]);
  newest().deliver("customer_added", {}, "e.10");
  await pass(100);
  expect(desk.current.seq).toBe(10);
});

test("after an absence everything is loaded, so that the first number said is where the page stands", async () => {
  await page();
  await live(5);
  await act(async () => newest().lose());
  await act(() => newest().accept("s2"));
  await live(50);
  await pass(1_600);
  expect(missed).toEqual(["away", "away"]);
});

test("a connection on which nothing is heard any more is left for another one", async () => {
  const desk = await page();
  await live(5);
  await pass(5_000);
  expect([desk.current.freshness, newest().disconnects]).toEqual(["checking", 0]);
  await pass(4_000);
  expect(newest().disconnects).toBe(1);
});

test("a server's clock that was set back makes nothing stale for longer than one connection", async () => {
  const desk = await page();
  const seconds = async (n: number, apart: number) => {
    for (let second = 0; second < n; second += 1) {
      await live(5, apart);
      await pass(900);
    }
  };
  await seconds(1, 0);
  await seconds(9, -60_000);
  expect(newest().disconnects).toBe(1);
  await act(() => newest().accept("s2"));
  await seconds(10, -60_000);
  expect([desk.current.freshness, newest().disconnects]).toEqual(["live", 1]);
});
