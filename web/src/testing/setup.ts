// What every test needs: the page is emptied, and stand-ins are taken away, after each of them.
import { cleanup } from "@testing-library/react";
import { afterEach, vi } from "vitest";
import { opened } from "./fake-socket";

Element.prototype.scrollTo = () => {};
window.scrollTo = () => {};
// jsdom lays nothing out, so nothing is ever resized.
window.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  opened.length = 0;
});
