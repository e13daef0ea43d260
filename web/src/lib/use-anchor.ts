import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef } from "react";
import { type Anchor, anchorOf, stayAt } from "./anchor";

/** What is read in a list stays where it is, whatever its component draws; at the top, arrivals are seen at once. Its rows
 * have `data-row`, and `box` is what scrolls. Answers what to call where the layout changes later. */
export function useAnchor(box: RefObject<HTMLElement | null>): () => void {
  const anchor = useRef<Anchor | null>(null);
  const note = useCallback(() => {
    const scrolled = box.current && box.current.scrollTop > 0 ? box.current : null;
    anchor.current = scrolled && anchorOf(scrolled, [...scrolled.querySelectorAll<HTMLElement>("[data-row]")]);
  }, [box]);
  const stay = useCallback(() => {
    if (!box.current || !anchor.current) return;
    stayAt(box.current, anchor.current);
    note();
  }, [box, note]);
  useLayoutEffect(stay); // one may have come and another gone: the height is the same, and all have moved
  useEffect(() => {
    const element = box.current;
    element?.addEventListener("scroll", note, { passive: true });
    return () => element?.removeEventListener("scroll", note);
  }, [box, note]);
  return stay;
}
