// What every test needs: the page and what it has kept are emptied, and stand-ins are taken away, after each of them.
import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";
import { noteAhead } from "@/lib/server-clock";
import { opened } from "./fake-socket";

// How long a test waits for what a page will show; pages are loaded in pieces, and a busy machine takes its time.
configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 30_000 });
Element.prototype.scrollTo = () => {};
window.scrollTo = () => {};
// jsdom lays nothing out, so nothing is ever resized.
window.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};

// Every box is as large as a window: lists that show what has room show something.
Object.defineProperty(HTMLElement.prototype, "clientWidth", { get: () => 1_000 });
Object.defineProperty(HTMLElement.prototype, "clientHeight", { get: () => 800 });

afterEach(() => {
  cleanup();
  localStorage.clear();
  sessionStorage.clear();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  opened.length = 0;
  noteAhead(null);
});
