// Whether somebody looks at this tab: it is visible, and was touched within the last minutes.

const IDLE = 5 * 60_000;
const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "focus"] as const;

/** Calls `change` when it changes, beginning with "here" (or "away" at once, in a hidden tab). */
export function watchAttention(change: (state: "here" | "away") => void): () => void {
  let state: "here" | "away" = "here";
  let touched = Date.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const set = (next: "here" | "away") => {
    if (next === state) return;
    state = next;
    change(next);
  };
  const judge = () => {
    clearTimeout(timer);
    touched = Math.min(touched, Date.now()); // the device's clock may have been set back since
    const left = touched + IDLE - Date.now();
    if (document.visibilityState !== "visible" || left <= 0) return set("away");
    set("here");
    timer = setTimeout(judge, left);
  };
  const touch = () => {
    const asleep = state === "away";
    touched = Date.now();
    if (asleep) judge();
  };
  const shown = () => {
    if (document.visibilityState === "visible") touched = Date.now();
    judge();
  };
  for (const name of TOUCHES) window.addEventListener(name, touch, { passive: true });
  document.addEventListener("visibilitychange", shown);
  judge();
  return () => {
    clearTimeout(timer);
    for (const name of TOUCHES) window.removeEventListener(name, touch);
    document.removeEventListener("visibilitychange", shown);
  };
}
