// Rows that come in above the others, in a list that is laid out from its end: what is there keeps its place in the layout,
// and all of it is moved at once by transform; where the list is scrolled, so that what is read stays where it is. For rows
// of any height.
import { type ReactNode, type RefObject, useCallback, useEffect, useLayoutEffect, useRef } from "react";
import { placesOf, readIn, stayAt } from "@/lib/anchor";

/** px: more than a list that grows will ever have. */
const ROOM = 500_000;

interface Props {
  /** What scrolls. */
  box: RefObject<HTMLElement | null>;
  children: ReactNode;
}

export function Growing({ box, children }: Props) {
  const rows = useRef<HTMLDivElement>(null);
  /** As they were last laid out. Not the one that was read then: of scrolling a page hears a frame later. */
  const places = useRef<ReturnType<typeof placesOf>>([]);
  const settle = useCallback(() => {
    const [scrolling, element] = [box.current, rows.current];
    const [room, content] = [element?.parentElement, element?.parentElement?.parentElement];
    if (!scrolling || !element || !room || !content) return;
    content.style.height = `${element.offsetHeight}px`;
    room.style.transform = `translateY(${element.offsetHeight - ROOM}px)`;
    const read = scrolling.scrollTop > 0 && readIn(scrolling, places.current); // at the top arrivals are seen at once
    if (read) stayAt(scrolling, read);
    places.current = placesOf(scrolling, [...scrolling.querySelectorAll<HTMLElement>("[data-row]")]);
  }, [box]);
  // In the turn in which rows come or go: until then what is read would stand elsewhere, and so may the end of the box.
  useLayoutEffect(settle);
  useEffect(() => {
    if (!rows.current) return;
    const observer = new ResizeObserver(settle); // told after the layout and before the paint
    observer.observe(rows.current);
    return () => observer.disconnect();
  }, [settle]);
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
