// Whether a hand is on a list: it is scrolled, has the focus in a row by keyboard, or the pointer has just moved over it.
// Then live data must not move what is there. A pointer that only rests holds nothing.
import { type RefObject, useEffect, useState } from "react";

const REST = 1_500;

export function useHeld(box: RefObject<HTMLElement | null>): boolean {
  const [scrolled, setScrolled] = useState(false);
  const [hand, setHand] = useState(false);
  const [focused, setFocused] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onScroll = () => setScrolled(element.scrollTop > 4);
    const off = () => {
      clearTimeout(timer);
      setHand(false);
    };
    const onMove = () => {
      setHand(true);
      clearTimeout(timer);
      timer = setTimeout(off, REST);
    };
    const onFocus = ({ target }: Event) => setFocused((target as Element).matches("[data-row]:focus-visible"));
    const onBlur = () => setFocused(false);
    element.addEventListener("focusin", onFocus);
    element.addEventListener("focusout", onBlur);
    element.addEventListener("scroll", onScroll, { passive: true });
    element.addEventListener("pointermove", onMove, { passive: true });
    element.addEventListener("pointerleave", off);
    return () => {
      off();
      element.removeEventListener("focusin", onFocus);
      element.removeEventListener("focusout", onBlur);
      element.removeEventListener("scroll", onScroll);
      element.removeEventListener("pointermove", onMove);
      element.removeEventListener("pointerleave", off);
    };
  }, [box]);
  return scrolled || hand || focused;
}
