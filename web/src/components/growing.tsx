// Rows that come in above the others, in a list that is laid out from its end: what is there keeps its place in the layout,
// and all of it is moved at once by transform; where the list is scrolled, so that what is read stays where it is. For rows
// of any height.
import { type ReactNode, type RefObject, useEffect, useRef } from "react";
import { useAnchor } from "@/lib/use-anchor";

/** px: more than a list that grows will ever have. */
const ROOM = 500_000;

interface Props {
  /** What scrolls. */
  box: RefObject<HTMLElement | null>;
  children: ReactNode;
}

export function Growing({ box, children }: Props) {
  const rows = useRef<HTMLDivElement>(null);
  const stay = useAnchor(box);
  useEffect(() => {
    const element = rows.current;
    const [room, content] = [element?.parentElement, element?.parentElement?.parentElement];
    if (!element || !room || !content) return;
    // Told after the layout and before the paint: there is no frame in between.
    const observer = new ResizeObserver(() => {
      content.style.height = `${element.offsetHeight}px`;
      room.style.transform = `translateY(${element.offsetHeight - ROOM}px)`;
      stay();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [stay]);
  return (
    <div className="relative">
      <div className="absolute inset-x-0 top-0 flex flex-col justify-end" style={{ height: ROOM }}>
        <div ref={rows}>{children}</div>
      </div>
    </div>
  );
}
