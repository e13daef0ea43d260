// Text is cut only where a reader's character ends: a Bengali conjunct, a flag or a family of emoji stays whole.

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The first `most` characters as a reader counts them, with … where something was left out. */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  let kept = "";
  let count = 0;
  for (const { segment } of segmenter.segment(text)) {
    if (count === most) return `${kept.trimEnd()}…`;
    kept += segment;
    count += 1;
  }
  return text;
}

/** Printable ASCII, and nothing that could join it, is a character by itself: most names need no segmenter. */
const PLAIN = /^[ -~](?=[ -~]|$)/;

/** The first character as a reader sees it; empty for nothing. */
export function firstOf(text: string): string {
  const plain = PLAIN.exec(text);
  if (plain) return plain[0];
  for (const { segment } of segmenter.segment(text)) return segment;
  return "";
}

/** Whether a reader sees nothing in it: spaces, joiners, marks of direction. The server refuses it too. */
export function isBlank(text: string): boolean {
  return !/[^\s\p{Z}\p{Cf}\p{Cc}]/u.test(text);
}
