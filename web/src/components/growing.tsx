// Rows that come in above the others, in a list that is laid out from its end: what is there keeps its place in the layout,
// and all of it is moved at once by transform; where the list is scrolled, so that what is read stays where it is. For rows
// of any height.
import { type ReactNode, type RefObject, useCallback, useEffect, useLayoutEffect, useRef } from "react";
import { type Anchor, anchorOf, stayAt } from "@/lib/anchor";

/** px: more than a list that grows will ever have. */
const ROOM = 500_000;

interface Props {
  /** What scrolls. */
  box: RefObject<HTMLElement | null>;
  children: ReactNode;
}

export function Growing({ box, children }: Props) {
  const rows = useRef<HTMLDivElement>(null);
  /** Null at the top, where arrivals are seen at once. */
  const anchor = useRef<Anchor | null>(null);
  /** How far it was scrolled then. */
  const noted = useRef(0);
  const note = useCallback(() => {
    noted.current = box.current?.scrollTop ?? 0;
    const scrolled = noted.current > 0 ? box.current : null;
    anchor.current = scrolled && anchorOf(scrolled, [...scrolled.querySelectorAll<HTMLElement>("[data-row]")]);
  }, [box]);
  const stay = useCallback(() => {
    if (!box.current || !anchor.current) return;
    stayAt(box.current, anchor.current);
    note();
  }, [box, note]);
  useLayoutEffect(() => {
    // Scrolled, and not told yet: that is told a frame later. What is there has not moved so far.
    if (box.current?.scrollTop !== noted.current) note();
    else stay(); // one may have come and another gone: the height is the same, and all have moved
  });
  useEffect(() => {
    const [element, scrolling] = [rows.current, box.current];
    const [room, content] = [element?.parentElement, element?.parentElement?.parentElement];
    if (!element || !room || !content || !scrolling) return;
    // Told after the layout and before the paint: there is no frame in between.
    const observer = new ResizeObserver(() => {
      content.style.height = `${element.offsetHeight}px`;
      room.style.transform = `translateY(${element.offsetHeight - ROOM}px)`;
      stay();
    });
    observer.observe(element);
    scrolling.addEventListener("scroll", note, { passive: true });
    return () => {
      observer.disconnect();
      scrolling.removeEventListener("scroll", note);
    };
  }, [box, note, stay]);
  return (
    <div className="relative print:h-auto!">
      <div
        className="absolute inset-x-0 top-0 flex flex-col justify-end print:static print:h-auto! print:transform-none!"
        style={{ height: ROOM }}
      >
        <div ref={rows}>{children}</div>
      </div>
    </div>
  );
}
