// The shape of what comes. It appears only after a moment: most answers are there before. An answer that takes long is
// said in words, and can be asked for again.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { askAwaitedAgain } from "@/lib/api/ask-anew";
import { usePassed } from "@/lib/use-passed";
import { words } from "./messages";
import { PassingButton } from "./passing-button";

const QUIET = 300;
const LONG = 8_000;
const BARS = ["w-2/3", "w-1/2", "w-3/4", "w-2/5"] as const;

/** `onRetry` is for what no query brings. */
export function Loading({ onRetry }: { onRetry?: () => void }) {
  const queries = useQueryClient();
  const [attempt, setAttempt] = useState(0);
  const again = () => {
    setAttempt(attempt + 1);
    if (onRetry) onRetry();
    else void askAwaitedAgain(queries);
  };
  return <Awaited key={attempt} onRetry={again} />;
}

function Awaited({ onRetry }: { onRetry: () => void }) {
  const shown = usePassed(QUIET);
  const long = usePassed(LONG);
  if (!shown) return null;
  return (
    <div className="flex flex-col items-start gap-6 p-4">
      <div role="status" aria-label={words.loading} className="flex w-full flex-col gap-6">
        {BARS.map((width) => (
          <span key={width} className={`block h-3 rounded bg-line ${width}`} />
        ))}
      </div>
      {long && (
        <div role="alert" className="flex flex-wrap items-center gap-3 text-ink-2">
          {words.loadingLong}
          <PassingButton className="btn btn-line btn-small" onClick={onRetry}>
            {words.tryAgain}
          </PassingButton>
        </div>
      )}
    </div>
  );
}
