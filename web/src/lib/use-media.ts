import { useCallback, useSyncExternalStore } from "react";

/** Whether the media query fits now; `otherwise` where there is no window that could say. */
export function useMedia(query: string, otherwise = false): boolean {
  const watch = useCallback(
    (changed: () => void) => {
      const media = window.matchMedia?.(query);
      media?.addEventListener("change", changed);
      return () => media?.removeEventListener("change", changed);
    },
    [query],
  );
  return useSyncExternalStore(watch, () => window.matchMedia?.(query).matches ?? otherwise);
}
