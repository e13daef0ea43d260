// Beside a conversation: the customer, and below them the newest bookings of everybody, so that whoever writes sees what
// comes in. Where there is no room for it, a strip above the conversation opens the customer over the page.
import { PanelRight } from "lucide-react";
import { type RefObject, useLayoutEffect, useRef } from "react";
import { useNames } from "@/lib/catalogue";
import { useCommand } from "@/lib/keys/commands";
import { focusPane, PANE, ROWS } from "@/lib/keys/rows";
import { useLayer } from "@/lib/use-layer";
import { useMedia } from "@/lib/use-media";
import { BookingState } from "../booking-state";
import { nameOf } from "../names";
import { clockOf } from "../row-clock";
import type { DeskData } from "../use-desk";
import { BookingCells } from "./booking-cells";
import { CustomerPanel } from "./customer-panel";
import { words } from "./messages";
import { useCustomer } from "./use-customer";
import { useKept } from "./use-place";
import { VirtualList } from "./virtual-list";

/** Where the customer has a pane of their own. */
const ROOM = "(min-width: 80rem)";

const ROW = 60;
const NO_SEARCH = {};

interface Props {
  data: DeskData;
  userId: string;
}

export function CustomerBeside({ data, userId, list }: Props & { list: RefObject<HTMLElement | null> }) {
  const pane = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  useCommand("customer", useMedia(ROOM) ? () => pane.current && focusPane(pane.current) : null);
  return (
    <div
      ref={pane}
      {...PANE}
      className="grid min-h-0 min-w-0 grid-rows-[minmax(0,1fr)_minmax(0,220px)] border-l border-line -outline-offset-2 max-xl:hidden"
    >
      <CustomerPanel
        connection={data.connection}
        userId={userId}
        called={nameOf(data.desk, userId, data.list.looking)}
      />
      <section ref={list} aria-labelledby="newest" className="flex min-h-0 flex-col border-t border-line">
        <h2 id="newest" className="px-4 pt-2.5 pb-1 text-xs font-[650] text-ink-2">
          {words.customer.newest}
        </h2>
        <div ref={box} className="@container min-h-0 flex-1 overflow-y-auto -outline-offset-2" {...ROWS}>
          <Newest box={box} data={data} />
        </div>
      </section>
    </div>
  );
}

function Newest({ box, data }: { box: RefObject<HTMLElement | null>; data: DeskData }) {
  const { desk, live } = data;
  const keyOf = (index: number) => desk.bookings[index]?.trackingId ?? String(index);
  useKept(box, ROW, keyOf);
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows that are placed by transform cannot be elements of a table
    <div role="table" aria-label={words.customer.newest}>
      <VirtualList box={box} total={desk.bookings.length} rowHeight={ROW} keyOf={keyOf} rowRole="row">
        {(index) => {
          const booking = desk.bookings[index];
          return (
            booking && <BookingCells {...{ booking, ...clockOf(booking, live.now) }} open={false} search={NO_SEARCH} />
          );
        }}
      </VirtualList>
    </div>
  );
}

export function CustomerStrip({ data, userId }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const roomy = useMedia(ROOM);
  const layer = useLayer("customer");
  const open = layer.open && !roomy;
  const { bookings } = useCustomer(data.connection, userId);
  const newest = bookings.data?.[0];
  const names = useNames();
  useCommand("customer", roomy ? null : layer.show);
  useLayoutEffect(() => {
    const element = dialog.current;
    if (!open || !element) return;
    element.showModal();
    return () => element.close();
  }, [open]);
  return (
    <div className="border-b border-line bg-bg squeezed:hidden xl:hidden">
      <button type="button" className="flex h-11 w-full items-center gap-2 px-4 text-left text-xs" onClick={layer.show}>
        <span className="min-w-0 truncate font-[550]">{newest ? names(newest.serviceName) : words.customer.label}</span>
        {newest && <BookingState booking={newest} />}
        <span className="ml-auto flex flex-none items-center gap-1.5 text-accent">
          <span className="max-md:sr-only">{words.customer.show}</span>
          <PanelRight size={16} strokeWidth={1.75} aria-hidden="true" />
        </span>
      </button>
      <dialog
        ref={dialog}
        aria-label={words.customer.label}
        className="m-0 ml-auto h-dvh max-h-none w-[min(360px,100vw)] max-w-none border-l border-line bg-surface text-ink"
        onClose={() => open && layer.hide()}
      >
        <form method="dialog" className="flex justify-end p-2">
          <button type="submit" className="btn btn-line">
            {words.close}
          </button>
        </form>
        {open && (
          <CustomerPanel
            connection={data.connection}
            userId={userId}
            called={nameOf(data.desk, userId, data.list.looking)}
          />
        )}
      </dialog>
    </div>
  );
}
