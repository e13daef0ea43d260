import { startTransition, useEffect, useState } from "react";

/** False in the first drawing after `ready`, then true: what is on the screen is drawn first, and the rest when there is
 * nothing else to do. */
export function useAfterPaint(ready = true): boolean {
  const [painted, setPainted] = useState(false);
  useEffect(() => {
    if (!ready) return;
    const frame = requestAnimationFrame(() => startTransition(() => setPainted(true)));
    return () => cancelAnimationFrame(frame);
  }, [ready]);
  return painted;
}
