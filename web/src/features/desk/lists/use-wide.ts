import { useSyncExternalStore } from "react";

const QUERY = "(min-width: 761px)";

/** Whether rows have one line; phones have two. */
export function useWide(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = window.matchMedia?.(QUERY);
      media?.addEventListener("change", changed);
      return () => media?.removeEventListener("change", changed);
    },
    () => window.matchMedia?.(QUERY).matches ?? true,
  );
}
