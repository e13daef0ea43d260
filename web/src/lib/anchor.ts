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

/** To where the row is now, if it still is. */
export function stayAt(box: HTMLElement, { row, top }: Anchor): void {
  if (row.isConnected) box.scrollTop += topOf(box, row) - top;
}

const topOf = (box: HTMLElement, row: HTMLElement) =>
  row.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
