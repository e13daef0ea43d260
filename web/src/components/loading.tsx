// The shape of what comes. It appears only after a moment: most answers are there before. An answer that takes long is
// said in words, and can be asked for again.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { askAwaitedAgain } from "@/lib/api/ask-anew";
import { useSized } from "@/lib/text-size";
import { usePassed } from "@/lib/use-passed";
import { words } from "./messages";
import { PassingButton } from "./passing-button";

const QUIET = 300;
const LONG = 8_000;
const BARS = ["w-2/3", "w-1/2", "w-3/4", "w-2/5"] as const;

interface Props {
  /** Of a list: what comes are rows so high (px). */
  rowHeight?: number;
  /** For what no query brings. */
  onRetry?: () => void;
}

export function Loading({ rowHeight, onRetry }: Props) {
  const queries = useQueryClient();
  const [attempt, setAttempt] = useState(0);
  const again = () => {
    setAttempt(attempt + 1);
    if (onRetry) onRetry();
    else void askAwaitedAgain(queries);
  };
  return <Awaited key={attempt} rowHeight={rowHeight} onRetry={again} />;
}

function Awaited({ rowHeight, onRetry }: { rowHeight: number | undefined; onRetry: () => void }) {
  const shown = usePassed(QUIET);
  const long = usePassed(LONG);
  if (!shown) return null;
  return (
    <div>
      <div role="status" aria-label={words.loading}>
        {rowHeight === undefined ? <Lines /> : <Rows height={rowHeight} />}
      </div>
      {long && (
        <div role="alert" className="flex flex-wrap items-center gap-3 p-4 text-ink-2">
          {words.loadingLong}
          <PassingButton className="btn btn-line btn-small" onClick={onRetry}>
            {words.tryAgain}
          </PassingButton>
        </div>
      )}
    </div>
  );
}

function Lines() {
  return (
    <div className="flex flex-col gap-6 p-4">
      {BARS.map((width) => (
        <span key={width} className={`block h-3 rounded bg-line ${width}`} />
      ))}
    </div>
  );
}

/** An avatar, and a name above something shorter. */
function Rows({ height }: { height: number }) {
  const sized = useSized(height);
  return BARS.map((width) => (
    <div key={width} style={{ height: sized }} className="flex items-center gap-3 border-b border-line px-4">
      <span className="size-7 flex-none rounded-full bg-line" />
      <div className="flex flex-1 flex-col gap-2">
        <span className={`block h-2.5 rounded bg-line ${width}`} />
        <span className="block h-2 w-1/3 rounded bg-line" />
      </div>
    </div>
  ));
}
