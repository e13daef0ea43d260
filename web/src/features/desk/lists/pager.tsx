// The foot of a list: where one is in it, the pages, and what waits above.
import { numeral } from "@/lib/format/number";
import { useAfterPaint } from "@/lib/use-after-paint";
import { words } from "./messages";

interface Props {
  first: number;
  last: number;
  total: number;
  /** What is said where there are none. */
  none: string;
  /** Whether somebody looks for some of them: how many there are is spoken then, and not as each booking comes in. */
  filtered: boolean;
  /** Rows a page. */
  limit: number;
  onShow: (row: number) => void;
}

export function Pager({ first, last, total, none, filtered, limit, onShow }: Props) {
  const counted = useAfterPaint() && filtered && none !== "";
  const page = Math.floor(first / limit);
  return (
    <nav aria-label={words.pages} className="relative ml-auto flex items-center gap-2">
      <span className="text-xs text-ink-2 tabular-nums">
        {total === 0 ? none : words.range(numeral(first + 1), numeral(Math.min(last + 1, total)), numeral(total))}
      </span>
      <span role="status" className="sr-only">
        {counted && (total === 0 ? none : words.found(numeral(total)))}
      </span>
      <Step
        name={words.previous}
        end={first === 0}
        onStep={() => onShow(first % limit ? page * limit : Math.max(0, page - 1) * limit)}
      />
      <Step name={words.next} end={last + 1 >= total} onStep={() => onShow((page + 1) * limit)} />
    </nav>
  );
}

/** Never disabled: at the end of the list it would lose the focus of who has just pressed it. */
function Step({ name, end, onStep }: { name: string; end: boolean; onStep: () => void }) {
  return (
    <button type="button" className="btn btn-line btn-small" aria-disabled={end} onClick={end ? undefined : onStep}>
      {name}
    </button>
  );
}
