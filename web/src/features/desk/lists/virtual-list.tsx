// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by transform cannot be elements of a table
// A list of any length: only the rows on the screen are in the document, placed by transform (which browsers do not count
// as a shift of the layout). It says which rows those are. All rows have one height, so where each stands is arithmetic:
// nothing is kept for rows that are not there, and an arrival above 50,000 others costs as much as one above ten.
import { type ReactNode, type RefObject, useEffect, useState } from "react";
import { flushSync } from "react-dom";
import { useSized } from "@/lib/text-size";
import { useAfterPaint } from "@/lib/use-after-paint";

interface Props {
  box: RefObject<HTMLElement | null>;
  total: number;
  /** As the designs give it, for a usual text size. */
  rowHeight: number;
  onRange?: (first: number, last: number) => void;
  /** What a row is of, wherever it stands: one that moves is moved, not drawn anew. */
  keyOf: (index: number) => string;
  /** Of a list: what it is called. */
  label?: string;
  children: (index: number) => ReactNode;
  /** How an element of the list is spoken. */
  rowRole: "row" | "listitem";
}

const BEYOND = 12;
const PART = 0.6; // of the window's height that a list takes, before its box is measured: on a slow machine each row counts

export function VirtualList({ box, total, onRange, keyOf, label, children, rowRole, ...given }: Props) {
  const rowHeight = useSized(given.rowHeight);
  const view = useView(box, rowHeight);
  const first = Math.min(view.first, Math.max(0, total - 1));
  const last = Math.max(first, Math.min(total, view.first + view.rows) - 1);
  useEffect(() => onRange?.(first, last), [onRange, first, last]);
  const beyond = useAfterPaint(total > 0) ? BEYOND : 0;
  const from = Math.max(0, first - beyond);
  const there = Array.from({ length: Math.min(total, last + 1 + beyond) - from }, (_, place) => from + place);
  const keyOfRow = once(keyOf);
  return (
    <div
      role={rowRole === "row" ? "rowgroup" : "list"}
      {...(label !== undefined && { "aria-label": label })}
      className="relative print:h-auto!"
      style={{ height: total * rowHeight }}
    >
      {there.map((index) => (
        <div
          key={keyOfRow(index)}
          role={rowRole}
          {...(rowRole === "row"
            ? { "aria-rowindex": index + 2 }
            : { "aria-posinset": index + 1, "aria-setsize": total })}
          className="absolute inset-x-0 top-0 print:static print:h-auto! print:transform-none!"
          style={{ height: rowHeight, transform: `translateY(${index * rowHeight}px)` }}
        >
          {children(index)}
        </div>
      ))}
    </div>
  );
}

/** Pages of two moments may both have a row, and of two with one key React leaves one behind: the second is its place. */
function once(keyOf: (index: number) => string): (index: number) => string {
  const known = new Set<string>();
  return (index) => {
    const key = keyOf(index);
    if (known.has(key)) return String(index);
    known.add(key);
    return key;
  };
}

/** The first row in the box and how many fit, told when it changes: drawn in the frame that shows them. */
function useView(box: RefObject<HTMLElement | null>, rowHeight: number): { first: number; rows: number } {
  const [view, setView] = useState(() => ({ first: 0, rows: Math.ceil((window.innerHeight * PART) / rowHeight) }));
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => {
      const first = Math.floor(element.scrollTop / rowHeight);
      const seen = Math.ceil((element.scrollTop + element.clientHeight) / rowHeight) - first;
      setView((before) => {
        const rows = seen || before.rows; // a box that is not shown has no height
        return before.first === first && before.rows === rows ? before : { first, rows };
      });
    };
    const scrolled = () => {
      const here = element.contains(document.activeElement);
      flushSync(look);
      // The row that had the focus may be gone: then the list has it, and the keys still mean this list.
      if (here && !element.contains(document.activeElement)) element.focus({ preventScroll: true });
    };
    look();
    const resized = new ResizeObserver(look);
    resized.observe(element);
    element.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener("scroll", scrolled);
    };
  }, [box, rowHeight]);
  return view;
}
