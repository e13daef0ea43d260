import { useEffect, useState } from "react";

/** Since when the browser says that there is no network, ms since 1970; null where it does not: that proves nothing. */
export function useBrowserOffline(): number | null {
  const [since, setSince] = useState(() => (navigator.onLine ? null : Date.now()));
  useEffect(() => {
    const lost = () => setSince(Date.now());
    const back = () => setSince(null);
    window.addEventListener("offline", lost);
    window.addEventListener("online", back);
    return () => {
      window.removeEventListener("offline", lost);
      window.removeEventListener("online", back);
    };
  }, []);
  return since;
}
