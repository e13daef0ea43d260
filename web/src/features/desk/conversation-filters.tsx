// Which conversations are shown, with how many stand behind each word. Of one size, whatever the numbers are.
import { numeral } from "@/lib/format/number";
import type { ConversationQuery, Counts } from "./get-conversations";
import { FILTERS } from "./get-conversations";
import { words } from "./messages";

interface Props {
  query: ConversationQuery;
  counts: Counts | null;
  onChange: (query: ConversationQuery) => void;
}

const WORD =
  "flex min-w-0 items-center justify-center gap-1 rounded-md px-1.5 py-1 text-xs leading-4 font-[550] text-ink-2 hover:bg-hover aria-pressed:bg-surface aria-pressed:text-ink aria-pressed:shadow-1";

export function ConversationFilters({ query, counts, onChange }: Props) {
  return (
    <div className="flex gap-1.5">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would need a legend that is seen */}
      <div
        role="group"
        aria-label={words.filters.label}
        className="grid min-w-0 flex-1 grid-cols-2 max-xs:grid-cols-1 gap-0.5 rounded-lg bg-sunken p-0.5"
      >
        {FILTERS.map((filter) => (
          <button
            key={filter}
            type="button"
            className={WORD}
            aria-pressed={query.filter === filter}
            onClick={() => onChange({ filter, unread: filter !== "closed" && query.unread })}
          >
            {words.filters[filter]}{" "}
            {counts && <span className="font-normal text-ink-3 tabular-nums">{numeral(counts[filter])}</span>}
          </button>
        ))}
      </div>
      <button
        type="button"
        className={`${WORD} w-16 flex-none flex-col border border-line-2 aria-pressed:border-accent-line aria-pressed:bg-tint aria-pressed:text-accent-ink`}
        aria-pressed={query.unread}
        disabled={query.filter === "closed"}
        onClick={() => onChange({ ...query, unread: !query.unread })}
      >
        {words.filters.unread} {counts && <span className="font-normal tabular-nums">{numeral(counts.unread)}</span>}
      </button>
    </div>
  );
}
