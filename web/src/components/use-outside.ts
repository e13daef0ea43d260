// What stands above the page is left by a press, or a step of the focus, that is not on it.
import { type RefObject, useEffect, useEffectEvent } from "react";

/** Calls `leave` while `active`; `parts` are the elements that belong to it. */
export function useOutside(parts: readonly RefObject<HTMLElement | null>[], active: boolean, leave: () => void): void {
  const look = useEffectEvent(({ target }: Event) => {
    if (!parts.some((part) => part.current?.contains(target as Node))) leave();
  });
  useEffect(() => {
    if (!active) return;
    document.addEventListener("pointerdown", look);
    document.addEventListener("focusin", look);
    return () => {
      document.removeEventListener("pointerdown", look);
      document.removeEventListener("focusin", look);
    };
  }, [active]);
}
