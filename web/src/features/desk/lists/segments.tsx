// One of a few, side by side, each with how many there are.
import { numeral } from "@/lib/format/number";

interface Props {
  label: string;
  options: readonly { key: string; name: string; count?: number | undefined }[];
  value: string;
  onChange: (key: string) => void;
}

export function Segments({ label, options, value, onChange }: Props) {
  return (
    <fieldset className="flex min-w-0 max-w-full gap-0.5 overflow-x-auto rounded-lg bg-sunken p-[3px]">
      <legend className="sr-only">{label}</legend>
      {options.map(({ key, name, count }) => (
        <button
          key={key}
          type="button"
          aria-pressed={key === value}
          className="btn btn-small text-ink-2 aria-pressed:border-line aria-pressed:bg-surface aria-pressed:font-[650] aria-pressed:text-ink aria-pressed:shadow-1"
          onClick={() => onChange(key)}
        >
          {name}
          {count !== undefined && <span className="font-normal text-ink-3 tabular-nums">{numeral(count)}</span>}
        </button>
      ))}
    </fieldset>
  );
}
