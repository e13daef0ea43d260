// Keys become commands here, and only here.
import { useEffect } from "react";
import type { Commands } from "./commands";
import { isComposing } from "./composing";
import { keySettings } from "./settings";
import { begins, commandOf, isSingle, nameOf, TOGETHER } from "./shortcuts";

export function useKeys(commands: Commands): void {
  useEffect(() => {
    let first: { key: string; at: number } | null = null;
    const onKey = (event: KeyboardEvent) => {
      // An open dialog has the keys for itself, and an input method the letters it composes.
      if (event.defaultPrevented || isComposing(event) || document.querySelector("dialog[open]")) return;
      const key = nameOf(event);
      if (isSingle(key) && (writes(event.target) || !keySettings.read().letters)) return;
      if (event.key.startsWith("Arrow") && !event.altKey && !isOver(event.target, "[data-rows]")) return;
      const before = first && event.timeStamp - first.at < TOGETHER ? first.key : null;
      first = null;
      const command = commandOf(key, before);
      if (command) {
        if (commands.run(command)) event.preventDefault();
      } else if (begins(key)) first = { key, at: event.timeStamp };
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [commands]);
}

const isOver = (target: EventTarget | null, selector: string) =>
  target instanceof Element && !!target.closest(selector);

/** Whether letters that are typed here are text, or choose in a list of the browser's. */
const writes = (target: EventTarget | null) =>
  isOver(target, "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button])");
