// Lists that are walked by keyboard: an element with `data-rows` holds elements with `data-row`, each of which takes the
// focus. The list is one stop of the Tab key; its rows are none.

export const ROWS = { "data-rows": "", tabIndex: 0 } as const;

export const rowOf = (id: string) => ({ "data-row": id, tabIndex: -1 });

/** A part of the page, for the key that goes from one to the next. */
export const PANE = { "data-pane": "", tabIndex: -1 } as const;
/** Where one works in a pane. */
export const PANE_FOCUS = { "data-pane-focus": "" } as const;

/** To the next row, or the one before: of the list that has the focus, else of the first one on the screen. */
export function stepRow(by: 1 | -1): void {
  const focused = document.activeElement;
  const list = focused?.closest<HTMLElement>("[data-rows]") ?? shown("[data-rows]")[0];
  if (!list) return;
  const rows = shown("[data-row]", list);
  const at = rows.findIndex((row) => row === focused || row.contains(focused));
  const current = rows.findIndex((row) => row.getAttribute("aria-current") === "true");
  const next = at >= 0 ? at + by : current >= 0 ? (list.contains(focused) ? current : current + by) : 0;
  rows[Math.max(0, Math.min(next, rows.length - 1))]?.focus();
}

/** To one row, or to the list where the row is no longer in it. */
export function focusRow(id: string): void {
  const [row] = shown(`[data-row="${CSS.escape(id)}"]`);
  const [list] = shown("[data-rows]");
  if (row) row.focus();
  else if (document.activeElement === document.body) list?.focus();
}

/** To the next pane of the page, or the one before: each goes to where one works in it. */
export function stepPane(by: 1 | -1): void {
  const panes = shown("[data-pane]");
  const here = document.activeElement?.closest<HTMLElement>("[data-pane]");
  const at = here ? panes.indexOf(here) : by > 0 ? -1 : 0;
  const pane = panes.at((at + by) % panes.length);
  if (pane) focusPane(pane);
}

export function focusPane(pane: HTMLElement): void {
  const [row] = shown("[data-row][aria-current=true]", pane);
  const [place] = shown(pane.matches("nav") ? "[aria-current=page]" : "[data-pane-focus]", pane);
  (row ?? place ?? pane).focus({ preventScroll: row === undefined });
}

/** Of what stands in the place of a list, as on a phone: it takes over the focus that is hidden with the row. */
export function takeFocusOver(place: HTMLElement | null): void {
  if (document.activeElement?.checkVisibility?.() === false) place?.focus();
}

function shown(selector: string, inside: ParentNode = document): HTMLElement[] {
  return [...inside.querySelectorAll<HTMLElement>(selector)].filter((one) => one.checkVisibility?.() ?? true);
}
