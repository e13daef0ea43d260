// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by transform cannot be elements of a table
// A list of any length: only the rows on the screen are in the document, placed by transform. It says which rows those
// are, and keeps the place of whoever reads when rows come in above.
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef } from "react";

interface Props {
  box: RefObject<HTMLElement | null>;
  total: number;
  rowHeight: number;
  /** The row that is to be seen first, once. */
  start?: number;
  onRange?: (first: number, last: number) => void;
  /** What a row is of; else it is its place. */
  keyOf?: (index: number) => string;
  /** Of a list: what it is called. */
  label?: string;
  children: (index: number) => ReactNode;
  /** How an element of the list is spoken. */
  rowRole: "row" | "listitem";
}

const BEYOND = 12;

export function VirtualList({ box, total, rowHeight, start = 0, onRange, keyOf, label, children, rowRole }: Props) {
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: BEYOND,
    initialRect: { width: 1_000, height: 800 }, // before it is measured
  });
  const began = useRef(false);
  useLayoutEffect(() => {
    if (began.current || total === 0 || !box.current) return;
    began.current = true;
    if (start > 0) box.current.scrollTop = start * rowHeight;
  }, [total, start, rowHeight, box]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another height has to be measured
  useEffect(() => virtual.measure(), [virtual, rowHeight]);

  const items = virtual.getVirtualItems();
  const top = virtual.scrollOffset ?? 0;
  const first = Math.min(Math.floor(top / rowHeight), Math.max(0, total - 1));
  const height = virtual.scrollRect?.height ?? 0;
  const last = Math.max(first, Math.min(total, Math.ceil((top + height) / rowHeight)) - 1);
  useEffect(() => onRange?.(first, last), [onRange, first, last]);
  return (
    <div
      role={rowRole === "row" ? "rowgroup" : "list"}
      {...(label !== undefined && { "aria-label": label })}
      className="relative"
      style={{ height: virtual.getTotalSize() }}
    >
      {items.map(({ index, start: offset }) => (
        <div
          key={keyOf?.(index) ?? index}
          role={rowRole}
          {...(rowRole === "row"
            ? { "aria-rowindex": index + 2 }
            : { "aria-posinset": index + 1, "aria-setsize": total })}
          className="absolute inset-x-0 top-0"
          style={{ height: rowHeight, transform: `translateY(${offset}px)` }}
        >
          {children(index)}
        </div>
      ))}
    </div>
  );
}
