// The shape of what comes. It appears only after a moment: most answers are there before.
import { useEffect, useState } from "react";
import { words } from "./messages";

const QUIET = 300;
const BARS = ["w-2/3", "w-1/2", "w-3/4", "w-2/5"] as const;

export function Loading() {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), QUIET);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return null;
  return (
    <div role="status" aria-label={words.loading} className="flex flex-col gap-6 p-4">
      {BARS.map((width) => (
        <span key={width} className={`block h-3 rounded bg-line ${width}`} />
      ))}
    </div>
  );
}
