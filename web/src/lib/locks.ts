// One among the tabs of this browser, by Web Locks. Where a browser has none (a page without https), or is forbidden to
// keep anything, every tab is alone.

/** Runs `work` when no other tab runs it under this name. A holder that makes no end within `patience` ms (a tab that
 * the system has stopped) is passed over: `work` must bear that two run at once, in that case. */
export async function alone(name: string, patience: number, work: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return work();
  try {
    await navigator.locks.request(name, { signal: AbortSignal.timeout(patience) }, work);
  } catch (error) {
    if (isCalled(error, FORBIDDEN)) return work();
    if (isCalled(error, "AbortError")) return; // another has passed over us, and does the work
    if (!isCalled(error, "TimeoutError")) throw error;
    await navigator.locks.request(name, { steal: true }, work).catch((robbed) => {
      if (!isCalled(robbed, "AbortError")) throw robbed;
    });
  }
}

/** Calls `lead(true)` when this tab is the one that leads, until the returned function is called; `lead(false)` when
 * it no longer is. The tab that somebody turns to takes the lead: it knows what they look at, and may sound. */
export function leadership(name: string, lead: (leading: boolean) => void): () => void {
  if (!navigator.locks) {
    lead(true);
    return () => lead(false);
  }
  const { locks } = navigator;
  let asked = new AbortController();
  const ask = (steal: boolean) => {
    asked.abort(); // what was asked for or held before
    asked = new AbortController();
    const { signal } = asked;
    const hold = async () => {
      if (signal.aborted) return; // what is stolen cannot be called off while it is on its way
      lead(true);
      await new Promise((done) => signal.addEventListener("abort", done));
    };
    locks.request(name, steal ? { steal } : { signal }, hold).catch((error) => {
      if (signal.aborted) return; // it was not asked for any more
      if (isCalled(error, FORBIDDEN)) return lead(true);
      lead(false);
      if (isCalled(error, "AbortError")) ask(false); // robbed; else the page is being left, and has no locks any more
    });
  };
  const turnedTo = () => ask(true);
  window.addEventListener("focus", turnedTo);
  ask(document.hasFocus());
  return () => {
    window.removeEventListener("focus", turnedTo);
    asked.abort();
    lead(false);
  };
}

const FORBIDDEN = "SecurityError";

function isCalled(error: unknown, name: string): boolean {
  return error instanceof DOMException && error.name === name;
}
