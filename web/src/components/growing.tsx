// Rows that come in above the others, in a list that is laid out from its end: what is there keeps its place in the layout,
// and all of it is moved at once by transform. For rows of any height; the box that scrolls stands around it.
import { type ReactNode, useEffect, useRef } from "react";

/** px: more than a list that grows will ever have. */
const ROOM = 500_000;

export function Growing({ children }: { children: ReactNode }) {
  const rows = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = rows.current;
    const [room, box] = [element?.parentElement, element?.parentElement?.parentElement];
    if (!element || !room || !box) return;
    // Told after the layout and before the paint: there is no frame in between.
    const observer = new ResizeObserver(() => {
      box.style.height = `${element.offsetHeight}px`;
      room.style.transform = `translateY(${element.offsetHeight - ROOM}px)`;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <div className="relative">
      <div className="absolute inset-x-0 top-0 flex flex-col justify-end" style={{ height: ROOM }}>
        <div ref={rows}>{children}</div>
      </div>
    </div>
  );
}
