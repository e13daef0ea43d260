// Names of people: initials for a picture, first and last name of a full one.
import { firstOf } from "./graphemes";

/** "Nusrat Jahan" → "NJ"; an address gives its first letter, and so does a Bengali name, whose letters are wide. */
export function initials(name: string): string {
  const words = name.split(/\s+/).map(fromLetter).filter(Boolean);
  const first = letter(words[0]);
  const second = words.length > 1 && !/\p{Script=Bengali}/u.test(first) ? letter(words.at(-1)) : "";
  return first + second || "?";
}

/** Letters and signs that turn around what stands beside them, and the signs alone. */
const TURNS = /[\u0590-\u08ff\ufb1d-\ufefc\u202a-\u202e\u2066-\u2069]/;
const SIGNS = /[\u202a-\u202e\u2066-\u2069]/g;

/** For a name beside a time or an amount: one that runs from right to left would turn their figures around. */
export function isolated(name: string): string {
  return TURNS.test(name) ? `\u2068${name.replace(SIGNS, "")}\u2069` : name;
}

/** Split at the last space, as the server does where the account has no name of its own. */
export function splitName(name: string): { firstName: string; lastName: string } {
  const whole = name.trim();
  const at = whole.lastIndexOf(" ");
  return at < 0
    ? { firstName: whole, lastName: "" }
    : { firstName: whole.slice(0, at).trim(), lastName: whole.slice(at + 1) };
}

/** Not an emoji, which may be drawn four letters wide, nor a bracket. */
const fromLetter = (word: string): string => word.replace(/^[^\p{L}\p{N}]+/u, "");

function letter(word: string | undefined): string {
  return word ? firstOf(word).toUpperCase() : "";
}
