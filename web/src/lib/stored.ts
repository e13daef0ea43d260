// A setting of this browser: the same on all its tabs, and where the browser keeps nothing as long as the page.
import { useSyncExternalStore } from "react";

interface Stored<T> {
  read: () => T;
  write: (value: T) => void;
  /** Calls back when it is another, here or on another tab. */
  watch: (changed: () => void) => () => void;
}

/** `understood` makes a value of what is kept, which may be anything or nothing. */
export function stored<T>(key: string, understood: (given: unknown) => T): Stored<T> {
  const watchers = new Set<() => void>();
  let memory: string | null = null; // of a browser that keeps nothing
  let last: { text: string | null; value: T } | null = null;
  const changed = () => {
    for (const watcher of watchers) watcher();
  };
  const elsewhere = (event: StorageEvent) => {
    if (event.key === key || event.key === null) changed();
  };
  return {
    read: () => {
      const text = memory ?? kept(key);
      if (last?.text !== text || last === null) last = { text, value: understood(parsed(text)) };
      return last.value;
    },
    write: (value) => {
      const text = JSON.stringify(value);
      try {
        localStorage.setItem(key, text);
        memory = null;
      } catch {
        memory = text;
      }
      changed();
    },
    watch: (watcher) => {
      if (watchers.size === 0) window.addEventListener("storage", elsewhere);
      watchers.add(watcher);
      return () => {
        watchers.delete(watcher);
        if (watchers.size === 0) window.removeEventListener("storage", elsewhere);
      };
    },
  };
}

export function useStored<T>(setting: Stored<T>): [T, (value: T) => void] {
  return [useSyncExternalStore(setting.watch, setting.read), setting.write];
}

/** What this browser keeps; null where that is nothing, or it is forbidden to keep anything. */
export function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}
