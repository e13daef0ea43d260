// How large the reader wants text, as the browser's settings say: 1 is usual. The sheets follow it by themselves; this is
// for what is placed by arithmetic.
import { useSyncExternalStore } from "react";

const USUAL = 16; // px

const told = new Set<() => void>();
let size: number | null = null;
let followed = false;

function read(): number {
  size = (Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || USUAL) / USUAL;
  return size;
}

/** The setting may be changed while the page is open: no event says so, but what is one letter wide becomes wider. */
function follow(): void {
  followed = true;
  const letter = document.body.appendChild(document.createElement("i"));
  Object.assign(letter.style, { position: "fixed", width: "1rem", visibility: "hidden" });
  new ResizeObserver(() => {
    if (size !== read()) for (const changed of told) changed();
  }).observe(letter);
}

function watch(changed: () => void): () => void {
  if (!followed) follow();
  told.add(changed);
  return () => told.delete(changed);
}

/** A height that the designs give in px, in px of this reader. */
export function useSized(px: number): number {
  return Math.round(px * useSyncExternalStore(watch, () => size ?? read()));
}
