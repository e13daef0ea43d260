// One among the tabs of this browser, by Web Locks. Where a browser has none (a page without https), every tab is alone.

/** Runs `work` when no other tab runs it under this name. A holder that makes no end within `patience` ms (a tab that
 * the system has stopped) is passed over: `work` must bear that two run at once, in that case. */
export async function alone(name: string, patience: number, work: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return work();
  try {
    await navigator.locks.request(name, { signal: AbortSignal.timeout(patience) }, work);
  } catch (error) {
    if (isCalled(error, "AbortError")) return; // another has passed over us, and does the work
    if (!isCalled(error, "TimeoutError")) throw error;
    await navigator.locks.request(name, { steal: true }, work).catch((robbed) => {
      if (!isCalled(robbed, "AbortError")) throw robbed;
    });
  }
}

/** Calls `lead(true)` when this tab is the one that leads, until the returned function is called; `lead(false)` when
 * it no longer is. */
export function leadership(name: string, lead: (leading: boolean) => void): () => void {
  if (!navigator.locks) {
    lead(true);
    return () => lead(false);
  }
  const waiting = new AbortController();
  let resign = () => {};
  const held = new Promise<void>((done) => {
    resign = done;
  });
  const asked = navigator.locks.request(name, { signal: waiting.signal }, async () => {
    lead(true);
    await held;
    lead(false);
  });
  asked.catch(() => {}); // aborted while it waited: it has never led
  return () => {
    waiting.abort();
    resign();
  };
}

function isCalled(error: unknown, name: string): boolean {
  return error instanceof DOMException && error.name === name;
}
