// Whether a hand is on the list of conversations: then its order stays as it is, and who comes waits.
import { type RefObject, useEffect, useEffectEvent, useState } from "react";
import { type ordered, settled } from "./conversations";

/** The pointer is over it, it is scrolled, or a row has the focus by keyboard. */
export function useHand(box: RefObject<HTMLElement | null>, rows: ReturnType<typeof ordered>) {
  const [held, setHeld] = useState<readonly string[] | null>(null);
  const hold = useEffectEvent((on: boolean) => {
    setHeld((before) => (on ? (before ?? rows.map(({ _id }) => _id)) : null));
  });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const on = { pointer: false, scroll: false, focus: false };
    const note = (what: keyof typeof on, now: boolean) => {
      on[what] = now;
      hold(on.pointer || on.scroll || on.focus);
    };
    const listen = {
      pointermove: () => note("pointer", true),
      pointerleave: () => note("pointer", false),
      scroll: () => note("scroll", element.scrollTop > 4),
      focusin: ({ target }: Event) => note("focus", (target as Element).matches("[data-row]:focus-visible")),
      focusout: () => note("focus", false),
    };
    for (const [name, run] of Object.entries(listen)) element.addEventListener(name, run, { passive: true });
    return () => {
      for (const [name, run] of Object.entries(listen)) element.removeEventListener(name, run);
      setHeld(null);
    };
  }, [box]);
  const { rows: shown, waiting } = settled(rows, held);
  const release = () => {
    box.current?.scrollTo({ top: 0 });
    setHeld(null);
  };
  return { shown, waiting, release };
}
