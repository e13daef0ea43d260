// The receipt of one booking, as a row below it: one sentence of times, and who has seen it.
import { isolated } from "@/lib/format/names";
import { clock } from "@/lib/format/time";
import type { Receipt } from "./get-receipt";
import { words } from "./messages";
import { receiptSteps, seenBy } from "./receipt";
import { useReceipt } from "./use-receipt";

const MOST = 20;

export function BookingReceipt({ id, trackingId, columns }: { id: string; trackingId: string; columns: number }) {
  const { data, error } = useReceipt(trackingId);
  return (
    <tr id={id} data-receipt={trackingId}>
      <td colSpan={columns} className="border-b border-line bg-bg px-4 py-2 text-xs text-ink-2">
        {error && !data && <p role="alert">{words.receipt.failed(error.message)}</p>}
        {data && <p className="tabular-nums">{receiptSteps(data).join(" · ")}</p>}
        {data && data.desks.length > 0 && <Desks desks={data.desks} />}
      </td>
    </tr>
  );
}

export function Desks({ desks }: { desks: Receipt["desks"] }) {
  const people = seenBy(desks);
  return (
    <ul aria-label={words.receipt.who} className="mt-1 flex flex-wrap gap-x-4 gap-y-0.5 text-ink-3">
      {people.slice(0, MOST).map(({ personId, name, tabs, shownAt }) => (
        <li key={personId}>
          {/* Not of the element of the list: its ids would be spoken as its name. */}
          <span title={tabs.slice(0, MOST).join(", ")}>
            {words.receipt.desk(isolated(name), tabs.length, clock(Date.parse(shownAt)))}
          </span>
        </li>
      ))}
      {people.length > MOST && <li>{words.receipt.more(people.length - MOST)}</li>}
    </ul>
  );
}
