// Over the page, where no list of bookings is shown, but never over where one writes: who has paid meanwhile. What screen
// readers hear of it is said by the arrival notice.
import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { type FocusEvent, useEffect, useRef, useState } from "react";
import { Avatar } from "@/components/avatar";
import { words as shared } from "@/components/messages";
import { PassingButton } from "@/components/passing-button";
import { useNames } from "@/lib/catalogue";
import { money } from "@/lib/format/money";
import { isolated } from "@/lib/format/names";
import { focusPane, PANE } from "@/lib/keys/rows";
import type { Connection } from "@/lib/socket/connection";
import { useConnectionEvents } from "@/lib/socket/use-connection";
import { useStored } from "@/lib/stored";
import { words } from "./messages";
import type { BookingRow } from "./state";
import { arrivedOf, dismiss, dismissed, MOST, toasts } from "./toasts";

/** To the server, and from it: nobody else needs to be told of these. */
interface Noticed {
  trackingIds: readonly string[];
}

interface Props {
  connection: Connection | null;
  bookings: readonly BookingRow[];
  openRoom: string | null;
  /** Whether a list of them is shown anyway: then they are seen there. */
  listed: boolean;
}

/** The server takes so many at once. */
const AT_ONCE = 200;

export function ToastStack({ connection, bookings, openRoom, listed }: Props) {
  const [told] = useStored(dismissed);
  const [since, setSince] = useState(0);
  useEffect(() => (listed ? () => setSince(Date.now()) : undefined), [listed]);
  const rows = listed ? [] : toasts(bookings, told, since);
  useConnectionEvents(connection, (event) => {
    if (event.type === "received" && event.name === "noticed") dismiss((event.args[0] as Noticed).trackingIds);
  });
  const notice = (users: readonly string[]) => {
    const ids = arrivedOf(bookings, users);
    dismiss(ids);
    connection?.tell("noticed", { trackingIds: ids.slice(0, AT_ONCE) } satisfies Noticed);
  };
  const opened = openRoom !== null && rows.some(({ userId }) => userId === openRoom);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once when it is opened, and when more comes meanwhile
  useEffect(() => {
    if (opened) notice([openRoom]); // whoever opens the conversation has seen it
  }, [bookings, opened, openRoom]);
  const back = useWayBack();
  if (rows.length === 0) return null;
  const more = rows.length - MOST;
  const first = rows.slice(-MOST).reverse(); // those that have stood here longest stay where they are
  return (
    <section
      aria-label={words.toasts.label}
      {...PANE}
      onFocus={back.note}
      className="pointer-events-none fixed inset-y-4 right-4 z-10 flex w-[312px] flex-col-reverse gap-2 outline-none *:pointer-events-auto max-xl:top-40 max-xl:flex-col max-md:inset-x-4 max-md:top-28 max-md:w-auto squeezed:hidden"
    >
      {first.map((row) => (
        <Toast
          key={row.userId}
          row={row}
          onDismiss={() => notice([row.userId])}
          handOver={rows.length > 1 ? toAnother : back.go}
        />
      ))}
      {more > 0 && (
        <div className="card flex items-center justify-between gap-2 py-1 pr-1.5 pl-3 text-xs shadow-3">
          {words.toasts.more(more)}
          <PassingButton
            className="btn btn-quiet btn-small"
            handOver={back.go}
            onClick={() => notice(rows.map(({ userId }) => userId))}
          >
            {words.toasts.dismissAll}
          </PassingButton>
        </div>
      )}
    </section>
  );
}

/** To where one was before one came to the toasts. */
function useWayBack() {
  const before = useRef<EventTarget | null>(null);
  const note = ({ currentTarget, relatedTarget }: FocusEvent<HTMLElement>) => {
    if (!currentTarget.contains(relatedTarget)) before.current = relatedTarget;
  };
  const go = () => {
    const [main] = document.querySelectorAll<HTMLElement>("#main [data-pane]");
    if (before.current instanceof HTMLElement && before.current.isConnected) before.current.focus();
    else if (main) focusPane(main);
  };
  return { note, go };
}

function toAnother(button: HTMLElement): void {
  const toast = button.closest("[data-toast]");
  (toast?.nextElementSibling ?? toast?.previousElementSibling)?.querySelector("button")?.focus();
}

interface ToastProps {
  row: BookingRow;
  onDismiss: () => void;
  handOver: (button: HTMLElement) => void;
}

function Toast({ row, onDismiss, handOver }: ToastProps) {
  const names = useNames();
  const name = row.userName || words.unknown;
  const amount = money(row.amountPaid, row.currency);
  return (
    <div className="card flex items-center gap-2.5 py-2.5 pr-1.5 pl-3 shadow-3" data-toast={row.trackingId}>
      <Avatar id={row.userId} name={name} />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap gap-x-1 font-[650]" title={words.newBooking(isolated(name), amount)}>
          <span className="truncate">{name}</span> <span className="flex-none">{words.paidAmount(amount)}</span>
        </p>
        <p className="truncate text-xs text-ink-2">{names(row.serviceName)}</p>
      </div>
      <Link
        to="/dashboard"
        search={{ view: "chat", with: row.userId }}
        className="btn btn-solid btn-small"
        aria-label={words.openChat(name)}
      >
        {words.toasts.open}
      </Link>
      <PassingButton
        className="btn btn-quiet btn-small px-1.5"
        aria-label={words.toasts.dismiss(name)}
        title={shared.close}
        onClick={onDismiss}
        handOver={handOver}
      >
        <X size={16} strokeWidth={1.75} aria-hidden="true" />
      </PassingButton>
    </div>
  );
}
