// What stands above the page is left by a press, or a step of the focus, that is not on it.
import { type RefObject, useEffect, useRef } from "react";

/** Calls the newest `leave` while `active`; `parts` are the elements that belong to it. */
export function useOutside(parts: readonly RefObject<HTMLElement | null>[], active: boolean, leave: () => void): void {
  const newest = useRef({ parts, leave });
  useEffect(() => {
    newest.current = { parts, leave };
  });
  useEffect(() => {
    if (!active) return;
    const look = ({ target }: Event) => {
      const { parts, leave } = newest.current;
      if (!parts.some((part) => part.current?.contains(target as Node))) leave();
    };
    document.addEventListener("pointerdown", look);
    document.addEventListener("focusin", look);
    return () => {
      document.removeEventListener("pointerdown", look);
      document.removeEventListener("focusin", look);
    };
  }, [active]);
}
