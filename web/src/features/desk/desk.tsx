// The desk's panes: rail, top bar, people, and bookings or a conversation. Below 760 px one pane at a time.
import { Suspense, useEffect, useRef, useState } from "react";
import { Loading } from "@/components/loading";
import { words as shared } from "@/components/messages";
import type { Person } from "@/lib/api/get-session";
import { useDraftSync } from "@/lib/chat/use-draft";
import { useOutbox, useSent } from "@/lib/chat/use-outbox";
import { lazily } from "@/lib/lazily";
import { useTitle } from "@/lib/use-title";
import { ArrivalNotice } from "./arrival-notice";
import { BookingsPane } from "./bookings-pane";
import { conversationOf } from "./conversations";
import type { ConversationQuery } from "./get-conversations";
import { words as lists } from "./lists/messages";
import type { BookingsSearch, PaymentsSearch } from "./lists/search";
import { words } from "./messages";
import { nameOf } from "./names";
import { PeoplePane } from "./people-pane";
import { Rail } from "./rail";
import { ServerAlarm } from "./server-alarm";
import { ToastStack } from "./toast-stack";
import { TopBar } from "./top-bar";
import { useDesk } from "./use-desk";
import { useDeskCommands } from "./use-desk-commands";
import { useDeskNotices } from "./use-desk-notices";

const conversation = () => import("./conversation-pane");
const bookings = () => import("./lists/bookings-view");
const payments = () => import("./lists/payments-view");
const customer = () => import("./lists/customer-beside");
const ConversationPane = lazily(async () => (await conversation()).ConversationPane);
const BookingsView = lazily(async () => (await bookings()).BookingsView);
const PaymentsView = lazily(async () => (await payments()).PaymentsView);
const CustomerStrip = lazily(async () => (await customer()).CustomerStrip);
const CustomerBeside = lazily(async () => (await customer()).CustomerBeside);
const CONVERSATION = [ConversationPane, CustomerStrip, CustomerBeside];

export type DeskPlace = "home" | "bookings" | "payments";

export interface DeskSearch {
  view?: "chat";
  /** The customer whose conversation is open. */
  with?: string;
  /** The number of a message in it, as a search found it. */
  at?: number;
}

/** The scripts of what a place shows. */
export async function ready(place: DeskPlace, search: DeskSearch): Promise<void> {
  const conversation = search.with === undefined ? [] : CONVERSATION;
  const parts = { home: conversation, bookings: [BookingsView], payments: [PaymentsView] };
  await Promise.all(parts[place].map((part) => part.preload()));
}

const SETTLED = 1_500;

interface Props {
  me: Person;
  place: DeskPlace;
  search: DeskSearch & BookingsSearch & PaymentsSearch;
}

export function Desk({ me, place, search }: Props) {
  const openRoom = place === "home" ? (search.with ?? null) : null;
  const chatting = place === "home" && (search.view === "chat" || openRoom !== null);
  const list = useRef<HTMLElement>(null);
  const [query, setQuery] = useState<ConversationQuery>({ filter: "open", unread: false });
  const data = useDesk({ me: me._id, query, openRoom, list });
  const outbox = useOutbox(data.connection, me._id);
  useDraftSync(data.connection, outbox, me._id);
  const title = place === "payments" ? lists.payments : chatting ? words.chat : words.bookings;
  const { desk, live } = data;
  const unread = data.list.counts?.unread ?? 0; // conversations with something unread
  const heading = useTitle(title, unread, openRoom !== null);
  useDeskNotices(data, me._id, openRoom);
  useDeskCommands({ desk, me: me._id, openRoom, openRow: openRoom ?? search.open ?? null });

  useSent(outbox, ({ seq }) => live.noteShown(seq));

  // The first view does not wait for the others, and who then goes to one of them does not wait either.
  const fresh = live.freshness === "live";
  useEffect(() => {
    if (!fresh) return;
    const timer = setTimeout(() => {
      for (const part of [...CONVERSATION, BookingsView, PaymentsView]) void part.preload();
    }, SETTLED);
    return () => clearTimeout(timer);
  }, [fresh]);

  const columns = openRoom ? "xl:grid-cols-[312px_minmax(420px,1fr)_344px]" : "";
  // On a screen as low as under 400 % zoom, or with large letters on a phone, a conversation's page scrolls, with room in it for some messages.
  const height = openRoom ? "min-h-100 max-xs:min-h-160 squeezed:min-h-0" : "";
  return (
    <div
      className={`grid h-dvh ${height} grid-rows-[auto_minmax(0,1fr)_auto] md:grid-cols-[56px_minmax(0,1fr)] md:grid-rows-[52px_minmax(0,1fr)] lg:grid-cols-[76px_minmax(0,1fr)]`}
    >
      <a href="#main" className="btn btn-solid absolute top-2 left-2 z-20 not-focus:sr-only">
        {shared.skip}
      </a>
      <Rail unread={unread} home={place === "home" && !chatting} hiddenOnPhone={openRoom !== null} />
      <TopBar
        title={title}
        heading={heading}
        live={live}
        alarm={data.alarm}
        connection={data.connection}
        oneLine={openRoom !== null}
      />
      <main id="main" className={`grid min-h-0 min-w-0 bg-surface lg:grid-cols-[312px_minmax(0,1fr)] ${columns}`}>
        {place !== "home" && (
          <Suspense fallback={<Loading onRetry={() => location.reload()} />}>
            {place === "bookings" && <BookingsView data={data} search={search} list={list} />}
            {place === "payments" && <PaymentsView data={data} search={search as PaymentsSearch} />}
          </Suspense>
        )}
        {place === "home" && (
          <PeoplePane
            data={data}
            me={me._id}
            query={query}
            onQuery={setQuery}
            openRoom={openRoom}
            className={chatting && !openRoom ? "" : "max-lg:hidden"}
          />
        )}
        {openRoom && (
          <Suspense fallback={<div />}>
            <ConversationPane
              key={openRoom}
              roomId={openRoom}
              name={nameOf(desk, openRoom, data.list.looking)}
              me={me}
              connection={data.connection}
              outbox={outbox}
              reload={data.reload}
              presence={data.presence}
              row={conversationOf(desk.conversations, openRoom)}
              at={search.at}
              onChanged={data.changed}
              strip={
                <Suspense fallback={<div className="h-11 xl:hidden" />}>
                  <CustomerStrip data={data} userId={openRoom} />
                </Suspense>
              }
            />
          </Suspense>
        )}
        {openRoom ? (
          <Suspense>
            <CustomerBeside key={openRoom} data={data} userId={openRoom} list={list} />
          </Suspense>
        ) : (
          place === "home" && <BookingsPane data={data} list={list} className={chatting ? "max-lg:hidden" : ""} />
        )}
      </main>
      <ArrivalNotice bookings={desk.bookings} />
      <ToastStack
        connection={data.connection}
        bookings={desk.bookings}
        openRoom={openRoom}
        listed={place === "bookings" || (place === "home" && !chatting)}
      />
      <ServerAlarm connection={data.connection} />
    </div>
  );
}
