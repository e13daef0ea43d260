import { act, render, screen } from "@testing-library/react";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { named, useNames } from "./catalogue";
import { speak } from "./language";

afterEach(() => {
  act(() => speak("en"));
  vi.unstubAllGlobals();
});

const catalogue = {
  services: [{ name: "Newborn Care", nameBn: "নবজাতক সেবা" }],
  divisions: [{ name: "Dhaka", nameBn: "ঢাকা" }],
};

function Names() {
  const names = useNames();
  return <p>{["Newborn Care", "Dhaka", "Cox's Bazar", "Somebody's own"].map(names).join(" · ")}</p>;
}

test("in Bengali the catalogue's names are shown as soon as they are known, asked for once; others as they were written", async () => {
  const fetched = vi.fn();
  fetched.mockRejectedValueOnce(new TypeError("no network"));
  fetched.mockImplementation(async () => new Response(JSON.stringify({ success: true, data: catalogue })));
  vi.stubGlobal("fetch", fetched);
  const { unmount } = render(<Names />);
  expect(screen.getByText("Newborn Care · Dhaka · Cox's Bazar · Somebody's own")).toBeDefined();
  expect(fetched).not.toHaveBeenCalled();
  act(() => speak("bn"));
  expect(screen.getByText("Newborn Care · Dhaka · Cox's Bazar · Somebody's own")).toBeDefined();
  await vi.waitFor(() => expect(fetched).toHaveBeenCalledOnce());
  await act(() => new Promise<void>((done) => setTimeout(done))); // it has failed by now
  unmount();
  render(<Names />);
  expect(await screen.findByText("নবজাতক সেবা · ঢাকা · কক্সবাজার · Somebody's own")).toBeDefined();
  expect(named("Newborn Care")).toBe("নবজাতক সেবা");
  render(<Names />);
  expect(fetched).toHaveBeenCalledTimes(2);
});

test("names that did not come, for the server was being started, come to a page that stays open", async () => {
  vi.resetModules(); // they are known by now
  const [{ useNames }, { speak }] = await Promise.all([import("./catalogue"), import("./language")]);
  const Dhaka = () => <p>{useNames()("Dhaka")}</p>;
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const fetched = vi.fn();
  fetched.mockRejectedValueOnce(new TypeError("no network"));
  fetched.mockImplementation(async () => new Response(JSON.stringify({ success: true, data: catalogue })));
  vi.stubGlobal("fetch", fetched);
  render(<Dhaka />);
  act(() => speak("bn"));
  await act(() => vi.advanceTimersByTimeAsync(6_000));
  expect(screen.getByText("ঢাকা")).toBeDefined();
  expect(fetched).toHaveBeenCalledTimes(2);
});
