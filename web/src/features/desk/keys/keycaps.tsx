// Keys as they stand on the keyboard.
import { Fragment } from "react";
import { words } from "./messages";

const CAP =
  "inline-block min-w-[22px] rounded border border-line-2 bg-sunken px-1.5 py-px text-center font-sans text-tiny leading-4 font-[550] text-ink-2";

const MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** As keyboards have them, in every language. */
const CAPS: Record<string, string> = { Mod: MAC ? "⌘" : "Ctrl", Escape: "Esc", ArrowUp: "↑", ArrowDown: "↓" };

/** What is printed on a key of the table. */
export const capOf = (key: string): string => CAPS[key] ?? key;

/** `keys` as the table of shortcuts writes them. */
export function Keycaps({ keys }: { keys: string }) {
  return keys.split(" ").map((combination, place) => (
    <Fragment key={combination}>
      {place > 0 && <span className="text-xs text-ink-3"> {words.afterwards} </span>}
      {combination.split("+").map((key, held) => (
        <Fragment key={key}>
          {held > 0 && " "}
          <kbd className={CAP}>{capOf(key)}</kbd>
        </Fragment>
      ))}
    </Fragment>
  ));
}
