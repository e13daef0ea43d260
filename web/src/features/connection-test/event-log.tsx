import { useLayoutEffect, useRef } from "react";
import type { Line } from "./log";
import { contract, words } from "./messages";

const TONES: Record<Line["tone"], string> = {
  plain: "text-ink",
  good: "text-accent-ink",
  warn: "text-warn-ink",
  bad: "text-bad-ink",
};

/** Oldest first; it stays at its end while the reader is there. */
export function EventLog({ lines, onClear }: { lines: readonly Line[]; onClear: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: follows every new line
  useLayoutEffect(() => {
    if (box.current && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  return (
    <section className="card flex min-w-0 flex-col overflow-hidden" aria-labelledby="log">
      <div className="flex items-center justify-between gap-2 px-4 pt-4 pb-2">
        <h2 id="log" lang="en" className="text-[15px] leading-6 font-[650]">
          {contract.log}
        </h2>
        <button type="button" className="btn btn-quiet btn-small" onClick={onClear} aria-disabled={lines.length === 0}>
          {words.clear}
        </button>
      </div>
      <div
        ref={box}
        role="log"
        lang="en"
        aria-labelledby="log"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        className="mono max-h-[min(60dvh,560px)] min-h-40 md:min-h-[420px] overflow-y-auto pb-2 text-[12px] leading-[18px] -outline-offset-2"
        onScroll={({ currentTarget: at }) => {
          atEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < 40;
        }}
      >
        {lines.length === 0 && <p className="px-4 py-1 text-ink-3">{contract.waiting}</p>}
        {lines.map((line) => (
          <p key={line.key} className={`px-4 py-[3px] wrap-anywhere odd:bg-sunken ${TONES[line.tone]}`}>
            {line.text}
          </p>
        ))}
      </div>
    </section>
  );
}
