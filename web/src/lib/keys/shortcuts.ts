// Every shortcut, in one table: the handler obeys it, and `?` shows it. `Mod` is Ctrl, and ⌘ on a Mac; two keys with a
// space between them are pressed one after the other.

export type CommandId =
  | ("palette" | "help" | "pane" | "paneBack" | "back" | "sound" | "filter")
  | ("bookings" | "chat" | "payments" | "connections")
  | ("next" | "previous" | "unread" | "nextUnread" | "previousUnread")
  | ("reply" | "note" | "assign" | "close" | "customer")
  /** What the composer and a row do by themselves. */
  | ("open" | "rowMenu" | "send" | "newLine" | "savedReplies");

export interface Shortcut {
  id: CommandId;
  keys: readonly string[];
  /** Obeyed where the focus stands: by the composer, or by the browser. */
  local?: true;
}

export const GROUPS = {
  everywhere: [
    { id: "palette", keys: ["Mod+K"] },
    { id: "help", keys: ["?"] },
    { id: "bookings", keys: ["G B"] },
    { id: "chat", keys: ["G C"] },
    { id: "payments", keys: ["G P"] },
    { id: "connections", keys: ["G K"] },
    { id: "pane", keys: ["F6"] },
    { id: "paneBack", keys: ["Shift+F6"] },
    { id: "back", keys: ["Escape"] },
    { id: "sound", keys: ["M"] },
  ],
  list: [
    { id: "next", keys: ["J", "ArrowDown"] },
    { id: "previous", keys: ["K", "ArrowUp"] },
    { id: "open", keys: ["Enter"], local: true },
    { id: "rowMenu", keys: ["Shift+F10"], local: true },
    { id: "filter", keys: ["/"] },
    { id: "unread", keys: ["U"] },
    { id: "nextUnread", keys: ["Alt+ArrowDown"] },
    { id: "previousUnread", keys: ["Alt+ArrowUp"] },
  ],
  conversation: [
    { id: "reply", keys: ["R"] },
    { id: "note", keys: ["N"] },
    { id: "assign", keys: ["A"] },
    { id: "close", keys: ["E"] },
    { id: "customer", keys: ["I"] },
    { id: "savedReplies", keys: ["/"], local: true },
    { id: "send", keys: ["Enter", "Mod+Enter"], local: true },
    { id: "newLine", keys: ["Shift+Enter"], local: true },
  ],
} as const satisfies Record<string, readonly Shortcut[]>;

export const SHORTCUTS: readonly Shortcut[] = Object.values(GROUPS).flat();

/** Within which the second of two keys has to follow, ms. */
export const TOGETHER = 1_500;

const BY_KEYS = new Map(
  SHORTCUTS.filter(({ local }) => !local).flatMap(({ id, keys }) => keys.map((key) => [key, id] as const)),
);

/** What a key means after the one before it: a command, or nothing yet. */
export function commandOf(key: string, before: string | null): CommandId | null {
  return BY_KEYS.get(before === null ? key : `${before} ${key}`) ?? null;
}

export const begins = (key: string): boolean => [...BY_KEYS.keys()].some((keys) => keys.startsWith(`${key} `));

/** A letter or a sign alone: not obeyed where somebody writes, and not where they are switched off. */
export const isSingle = (key: string): boolean => key.length === 1;

type Press = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

/** A key as the table names it. Letters by their place where the keyboard writes others (Bengali). */
export function nameOf({ key, code, ctrlKey, metaKey, altKey, shiftKey }: Press): string {
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  const latin = key.length === 1 && key <= "~";
  const name = latin ? key.toUpperCase() : (letter ?? key);
  const sign = latin && !/[A-Z]/.test(name); // Shift is how one writes it
  const held = [(ctrlKey || metaKey) && "Mod", altKey && "Alt", shiftKey && !sign && "Shift"];
  return [...held.filter(Boolean), name].join("+");
}
