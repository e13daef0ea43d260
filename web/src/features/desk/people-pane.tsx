// The conversations: search, filters, list. While the hand is on the list nothing in it moves.
import { Search } from "lucide-react";
import { useDeferredValue, useEffect, useRef, useState } from "react";
import { Loading } from "@/components/loading";
import { Problem } from "@/components/problem";
import { useAfterPaint } from "@/lib/use-after-paint";
import { ConversationFilters } from "./conversation-filters";
import { ordered, settled } from "./conversations";
import type { ConversationQuery } from "./get-conversations";
import { words } from "./messages";
import { PeopleList } from "./people-list";
import { PlayButton } from "./play-button";
import { SearchResults } from "./search-results";
import { StaffHere } from "./staff-here";
import type { DeskData } from "./use-desk";

const TYPED = 200;
/** So many more rows each time they are asked for: a burst makes the list longer, not the page. */
const STEP = 100;
/** On the largest screen no more can be seen: the others are drawn when these are there. */
const FIRST = 20;

interface Props {
  data: DeskData;
  me: string;
  query: ConversationQuery;
  onQuery: (query: ConversationQuery) => void;
  openRoom: string | null;
  className: string;
}

export function PeoplePane({ data, me, query, onQuery, openRoom, className }: Props) {
  const { desk, list, refetch, live } = data;
  const [text, setText] = useState("");
  const sought = useSettledText(text.trim());
  const [wanted, setWanted] = useState(STEP);
  const rest = useAfterPaint(!list.loading);
  const most = rest ? wanted : FIRST;
  const rows = ordered(useDeferredValue(desk.conversations), query, me);
  const { shown, waiting, hold, release } = useHand(rows);
  const more = () => {
    setWanted(most + STEP);
    if (list.hasMore && rows.length < most + STEP) list.loadMore();
  };
  const empty = rows.length === 0;
  // What is unread waits, so it is among the rows from the start; the server's count is as old as its page.
  const unread = Object.values(desk.conversations).filter((row) => row.unread > 0).length;
  const counts = list.counts && { ...list.counts, unread };
  return (
    <section
      aria-labelledby="people"
      className={`flex min-h-0 min-w-0 flex-col md:border-r md:border-line ${className}`}
    >
      <div className="flex flex-none flex-col gap-2 border-b border-line px-3 pt-2.5 pb-2">
        <h2 id="people" className="flex items-center px-1 font-[650]">
          {words.people}
          <StaffHere presence={data.presence} />
        </h2>
        <SearchBox text={text} onText={setText} />
        {sought === "" && <ConversationFilters query={query} counts={counts} onChange={onQuery} />}
      </div>
      {waiting > 0 && sought === "" && (
        <button type="button" className="btn btn-solid btn-small mx-auto my-1.5 flex-none" onClick={release}>
          {words.newRows(waiting)}
        </button>
      )}
      {sought !== "" ? (
        <div className="min-h-0 flex-1 overflow-y-auto">
          <SearchResults text={sought} now={live.now} />
        </div>
      ) : (
        <div className="min-h-0 flex-1 overflow-y-auto" onPointerMove={hold} onPointerLeave={release}>
          {list.problem && (
            <div className="p-3">
              <Problem text={words.peopleFailed(list.problem)} onRetry={refetch} />
            </div>
          )}
          {empty && list.loading && <Loading />}
          {empty && !list.loading && !list.problem && <Nothing newcomers={counts?.open === 0 && counts.closed === 0} />}
          <PeopleList
            rows={shown.slice(0, most)}
            desk={desk}
            presence={data.presence}
            openRoom={openRoom}
            now={live.now}
            me={me}
          />
          {(list.hasMore || shown.length > most) && rest && (
            <button
              type="button"
              className="btn btn-line btn-small mx-auto my-3 flex"
              disabled={list.loadingMore}
              onClick={more}
            >
              {words.more}
            </button>
          )}
        </div>
      )}
    </section>
  );
}

function SearchBox({ text, onText }: { text: string; onText: (text: string) => void }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: not every browser of the last years knows <search>
    <div role="search" className="relative">
      <Search
        size={15}
        strokeWidth={1.75}
        className="pointer-events-none absolute top-2 left-2.5 text-ink-3"
        aria-hidden="true"
      />
      <input
        type="search"
        value={text}
        aria-label={words.search.label}
        placeholder={words.search.label}
        maxLength={200}
        onChange={(event) => onText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || text === "") return;
          event.stopPropagation();
          onText("");
        }}
        className="h-8 w-full rounded-lg border border-field bg-surface pr-2 pl-8 text-[13px] max-md:text-base"
      />
    </div>
  );
}

function Nothing({ newcomers }: { newcomers: boolean }) {
  return (
    <div className="flex flex-col items-start gap-3 p-4 text-ink-2">
      <p>{newcomers ? words.noPeople : words.noneHere}</p>
      {newcomers && (
        <span className="md:hidden">
          <PlayButton />
        </span>
      )}
    </div>
  );
}

/** Not a request for every letter. */
function useSettledText(text: string): string {
  const [settledText, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), text === "" ? 0 : TYPED);
    return () => clearTimeout(timer);
  }, [text]);
  return text === "" ? "" : settledText;
}

/** Holds the order from the moment the pointer is over the list until it leaves. */
function useHand(rows: ReturnType<typeof ordered>) {
  const [held, setHeld] = useState<readonly string[] | null>(null);
  const newest = useRef(rows);
  useEffect(() => {
    newest.current = rows;
  });
  const { rows: shown, waiting } = settled(rows, held);
  return {
    shown,
    waiting,
    hold: () => setHeld((before) => before ?? newest.current.map(({ _id }) => _id)),
    release: () => setHeld(null),
  };
}
