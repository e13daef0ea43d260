// Text of a message as parts: plain text, and links that are safe to follow. What is written is what is opened: only http
// and https, no user names in front of the host ("https://bank.example@evil.example"), nothing that turns the direction
// of writing. Everything else stays text.

export type Part = { text: string; href?: string };

const CANDIDATE = /https?:\/\/[^\s<>"'`\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
const AT_THE_END = ".,;:!?।…'\"*_~";

export function parts(text: string): Part[] {
  const found: Part[] = [];
  let done = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const shown = withoutEnd(match[0]);
    const href = safe(shown);
    if (href === null) continue;
    if (match.index > done) found.push({ text: text.slice(done, match.index) });
    found.push({ text: shown, href });
    done = match.index + shown.length;
  }
  if (done < text.length) found.push({ text: text.slice(done) });
  return found;
}

/** A sentence's own full stop or closing bracket is no part of the address. One look at each sign: a customer may write
 * thousands of them, and every desk reads it. */
function withoutEnd(address: string): string {
  let round = count(address, ")") - count(address, "(");
  let square = count(address, "]") - count(address, "[");
  let end = address.length;
  const last = () => address.charAt(end - 1);
  while (AT_THE_END.includes(last()) || (last() === ")" && round-- > 0) || (last() === "]" && square-- > 0)) end -= 1;
  return address.slice(0, end);
}

const count = (text: string, character: string) => text.split(character).length - 1;

function safe(address: string): string | null {
  const url = URL.parse(address);
  if (!url || !["http:", "https:"].includes(url.protocol) || url.username || url.password || !url.hostname) return null;
  return url.href;
}
