// One of a few, side by side, each with how many there are. On a phone three in a line: counts that come late then make
// no further line.
import { numeral } from "@/lib/format/number";

interface Props {
  label: string;
  /** A count of null is not known yet: its room is kept, so that nothing moves when it comes. */
  options: readonly { key: string; name: string; count?: number | null }[];
  value: string;
  onChange: (key: string) => void;
}

export function Segments({ label, options, value, onChange }: Props) {
  return (
    <fieldset className="flex min-w-0 max-w-full flex-wrap gap-0.5 rounded-lg bg-sunken p-[3px] max-[520px]:grid max-[520px]:w-full max-[520px]:grid-cols-3 max-xs:grid-cols-2">
      <legend className="sr-only">{label}</legend>
      {options.map(({ key, name, count }) => (
        <button
          key={key}
          type="button"
          aria-pressed={key === value}
          className="btn btn-small h-auto flex-none flex-wrap gap-y-0 px-1.5 py-[5px] leading-4 text-ink-2 aria-pressed:border-line aria-pressed:bg-surface aria-pressed:font-[650] aria-pressed:text-ink aria-pressed:shadow-1"
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
