// What somebody reads in a box that scrolls stays where it is, whatever comes or goes above it. Safari does not see to that
// by itself; where it is done here, [overflow-anchor:none] tells the other browsers that they need not.

export interface Anchor {
  row: HTMLElement;
  /** Where it stands in the content. */
  top: number;
}

/** The first of these rows that is within the view. */
export function anchorOf(box: HTMLElement, rows: readonly HTMLElement[]): Anchor | null {
  const edge = box.getBoundingClientRect().top;
  const row = rows.find((one) => one.getBoundingClientRect().bottom > edge);
  return row ? { row, top: topOf(box, row) } : null;
}

interface Place extends Anchor {
  bottom: number;
}

/** Where all rows stand in the content: whatever is scrolled afterwards, `readIn` finds the anchor among them. */
export function placesOf(box: HTMLElement, rows: readonly HTMLElement[]): Place[] {
  const above = box.scrollTop - box.getBoundingClientRect().top;
  return rows.map((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    return { row, top: top + above, bottom: bottom + above };
  });
}

/** The first of those that are still there within the view. */
export const readIn = (box: HTMLElement, places: readonly Place[]): Anchor | undefined =>
  places.find(({ row, bottom }) => bottom > box.scrollTop && row.isConnected);

/** To where the row is now, if it still is. */
export function stayAt(box: HTMLElement, { row, top }: Anchor): void {
  if (row.isConnected) box.scrollTop += topOf(box, row) - top;
}

const topOf = (box: HTMLElement, row: HTMLElement) =>
  row.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
