"""What a page shows and when, seen from inside the page and from the browser's own trace.

Scripts are given to `page.add_init_script`; figures are in ms of the page's clock, or of CPU where it says so.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import CDPSession, Page

ARRIVALS = """
// When a frame of the socket holds a booking, and when its row is in the document and a frame has been drawn since.
window.told = {}; window.painted = {};
const note = (text) => {
  const at = performance.now();
  for (const [, id] of text.matchAll(/"customer_added".*?"trackingId":"([^"]+)"/g)) window.told[id] ??= at;
};
const Plain = window.WebSocket;
window.WebSocket = class extends Plain {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => typeof data === "string" && note(data));
  }
};
let looking = false;
new MutationObserver(() => {
  if (looking) return;
  looking = true;
  requestAnimationFrame(() => setTimeout(() => {
    looking = false;
    for (const row of document.querySelectorAll("[data-booking]")) {
      const id = row.dataset.booking;
      if (window.told[id] !== undefined) window.painted[id] ??= performance.now();
    }
  }));
}).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-booking"] });
"""
FRAMES = """
// The longest time without a frame, and every task of the main thread that took longer than 50 ms.
window.longest = 0; window.long = [];
let before = performance.now();
const frame = (now) => {
  window.longest = Math.max(window.longest, now - before);
  before = now;
  requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
new PerformanceObserver((list) => window.long.push(...list.getEntries().map(({ duration }) => duration)))
  .observe({ type: "longtask" });
"""
FIRST_ROW = """
// When the first row of a list has been painted, since the navigation began.
window.useful = null;
const first = new MutationObserver(() => {
  if (!document.querySelector("[data-participant], [data-booking]")) return;
  first.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.useful = performance.now(); }));
});
first.observe(document, { childList: true, subtree: true });
"""


def start_of_frames(page: Page) -> None:
    page.evaluate("window.longest = 0; window.long.length = 0")


def longest_frame(page: Page) -> float:
    return float(page.evaluate("window.longest"))


def long_tasks(page: Page) -> list[float]:
    found: list[float] = page.evaluate("window.long")
    return found


@contextmanager
def devtools(page: Page) -> Iterator[CDPSession]:
    session = page.context.new_cdp_session(page)
    yield session
    session.detach()


def slow_down(session: CDPSession, times: float) -> None:
    """The page's processor is so many times slower, as long as the session lives."""
    session.send("Emulation.setCPUThrottlingRate", {"rate": times})


def heap(page: Page) -> int:
    """Bytes that the page's scripts hold, after a collection."""
    with devtools(page) as session:
        session.send("HeapProfiler.collectGarbage")
        return int(session.send("Runtime.getHeapUsage")["usedSize"])


def nodes(page: Page) -> int:
    """Nodes of documents that are alive, after a collection: those that were taken out and are still held too."""
    with devtools(page) as session:
        session.send("HeapProfiler.collectGarbage")
        return int(session.send("Memory.getDOMCounters")["nodes"])


class Tasks:
    """Tasks of the main thread in ms of CPU, longest first: they do not count what else the machine does."""

    def __init__(self) -> None:
        self.cpu: list[float] = []


@contextmanager
def traced(page: Page) -> Iterator[Tasks]:
    tasks, browser = Tasks(), page.context.browser
    assert browser is not None
    browser.start_tracing(page=page, categories=["toplevel"])
    yield tasks
    events: list[dict[str, Any]] = json.loads(browser.stop_tracing())["traceEvents"]
    main = {(e["pid"], e["tid"]) for e in events if e.get("args", {}).get("name") == "CrRendererMain"}
    cpu = [e.get("tdur", 0) / 1000 for e in events if (e["pid"], e["tid"]) in main and e.get("ph") == "X"]
    tasks.cpu = sorted(cpu, reverse=True)
