// When this page may have missed time: the machine slept, the system froze the tab, the network came back, or somebody
// comes back to it. What it shows then has to be proved anew.

const TICK = 1_000;
const GAP = 3_000;

export function onWake(run: () => void): () => void {
  let last = Date.now();
  const timer = setInterval(() => {
    const slept = Date.now() - last > GAP;
    last = Date.now();
    if (slept) run();
  }, TICK);
  const shown = () => {
    if (document.visibilityState === "visible") run();
  };
  document.addEventListener("visibilitychange", shown);
  document.addEventListener("resume", run);
  window.addEventListener("pageshow", run);
  window.addEventListener("online", run);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", shown);
    document.removeEventListener("resume", run);
    window.removeEventListener("pageshow", run);
    window.removeEventListener("online", run);
  };
}
