// One of a few, side by side, each with how many there are.
import { numeral } from "@/lib/format/number";

interface Props {
  label: string;
  /** A count of null is not known yet: its room is kept, so that nothing moves when it comes. */
  options: readonly { key: string; name: string; count?: number | null }[];
  value: string;
  onChange: (key: string) => void;
  /** Into a second line where there is no room. Else one scrolls: where counts come late, they would make it two. */
  wraps?: boolean;
}

export function Segments({ label, options, value, onChange, wraps = false }: Props) {
  return (
    <fieldset
      className={`flex min-w-0 max-w-full gap-0.5 rounded-lg bg-sunken p-[3px] ${wraps ? "flex-wrap" : "overflow-x-auto"}`}
    >
      <legend className="sr-only">{label}</legend>
      {options.map(({ key, name, count }) => (
        <button
          key={key}
          type="button"
          aria-pressed={key === value}
          className="btn btn-small flex-none text-ink-2 aria-pressed:border-line aria-pressed:bg-surface aria-pressed:font-[650] aria-pressed:text-ink aria-pressed:shadow-1"
          onClick={() => onChange(key)}
        >
          {name}
          {count !== undefined && (
            <span className="min-w-[1ch] font-normal text-ink-3 tabular-nums">{count !== null && numeral(count)}</span>
          )}
        </button>
      ))}
    </fieldset>
  );
}
