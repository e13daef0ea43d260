// Where one is in a list: the rows on the screen, and the page of the address that follows them without a new step of the
// history. Next and Previous scroll.
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useSized } from "@/lib/text-size";

const SETTLED = 250;
const TOP = 4;
/** Rows that are followed, and how far: the nearest places first. */
const READ = 8;
const AWAY = [0, ...Array.from({ length: 100 }, (_, n) => [n + 1, -n - 1]).flat()];

export function usePlace(
  box: RefObject<HTMLElement | null>,
  { limit, page, onPage, ...given }: { rowHeight: number; limit: number; page: number; onPage: (page: number) => void },
) {
  const rowHeight = useSized(given.rowHeight);
  const [range, setRange] = useState<readonly [number, number]>([0, 0]);
  const onRange = useCallback(
    (first: number, last: number) =>
      setRange((before) => (before[0] === first && before[1] === last ? before : [first, last])),
    [],
  );
  const here = Math.floor(range[0] / limit) + 1;
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolling moves the address; the address moves nothing after the start
  useEffect(() => {
    if (here === page || range[1] === 0) return;
    const timer = setTimeout(() => onPage(here), SETTLED);
    return () => clearTimeout(timer);
  }, [here, page]);
  const show = (row: number) => box.current?.scrollTo({ top: row * rowHeight });
  return { range, onRange, show };
}

/** Scrolls, once, to `row`, at which the address begins: as soon as there are rows, and before they are painted. Of who
 * owns the box: inside it, its element is not known yet when they come with the first drawing. */
export function useStart(box: RefObject<HTMLElement | null>, total: number, row: number, given: number) {
  const top = row * useSized(given);
  const began = useRef(false);
  useLayoutEffect(() => {
    if (began.current || total === 0 || !box.current) return;
    began.current = true;
    if (top > 0) box.current.scrollTop = top;
  }, [box, total, top]);
}

/** Who has scrolled goes on reading the same rows while others come above them, or go. At the top, what comes is shown.
 * The first that is still there counts: while the pages are asked for anew, one between two of them may be in neither. */
export function useKept(box: RefObject<HTMLElement | null>, given: number, keyOf: (index: number) => string) {
  const rowHeight = useSized(given);
  const read = useRef<{ first: number; keys: string[] }>({ first: 0, keys: [] });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const { first, keys } = read.current;
    const moved = (key: string, place: number) => AWAY.find((rows) => keyOf(first + place + rows) === key);
    const away = element.scrollTop > TOP ? keys.map(moved).find((rows) => rows !== undefined) : 0;
    if (away) element.scrollTop += away * rowHeight;
    const now = Math.floor(element.scrollTop / rowHeight);
    read.current = { first: now, keys: Array.from({ length: READ }, (_, place) => keyOf(now + place)) };
  });
}
