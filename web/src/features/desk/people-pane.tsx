// The conversations: search, filters, list. While the hand is on the list nothing in it moves.
import { Search } from "lucide-react";
import { useDeferredValue, useRef, useState } from "react";
import { Loading } from "@/components/loading";
import { Problem } from "@/components/problem";
import { useCommand } from "@/lib/keys/commands";
import { PANE, PANE_FOCUS, ROWS } from "@/lib/keys/rows";
import { ConversationFilters } from "./conversation-filters";
import { ordered } from "./conversations";
import type { ConversationQuery } from "./get-conversations";
import { useKept } from "./lists/use-place";
import { words } from "./messages";
import { MoreButton } from "./more-button";
import { PERSON, PeopleList } from "./people-list";
import { PlayButton } from "./play-button";
import { SearchResults } from "./search-results";
import { StaffHere } from "./staff-here";
import type { DeskData } from "./use-desk";
import { useHand } from "./use-hand";
import { useSettledText } from "./use-settled-text";
import { WaitingPill } from "./waiting-pill";

interface Props {
  data: DeskData;
  me: string;
  query: ConversationQuery;
  onQuery: (query: ConversationQuery) => void;
  openRoom: string | null;
  className: string;
}

export function PeoplePane({ data, me, query, onQuery, openRoom, className }: Props) {
  const { list, live } = data;
  const [text, setText] = useState("");
  const wanted = useSettledText(text.trim());
  useCommand("unread", query.filter === "closed" ? null : () => onQuery({ ...query, unread: !query.unread }));
  return (
    <section
      aria-labelledby="people"
      {...PANE}
      className={`flex min-h-0 min-w-0 flex-col overflow-y-auto outline-none lg:border-r lg:border-line ${className}`}
    >
      <div className="flex flex-none flex-col gap-2 border-b border-line px-3 pt-2.5 pb-2">
        <div className="flex min-h-[26px] items-center px-1">
          <h2 id="people" className="font-[650]">
            {words.people}
          </h2>
          <StaffHere presence={data.presence} />
        </div>
        <SearchBox text={text} onText={setText} />
        {wanted === "" && <ConversationFilters query={query} counts={list.counts} onChange={onQuery} />}
      </div>
      {wanted !== "" ? (
        <div className="min-h-33 flex-1 overflow-y-auto -outline-offset-2" {...ROWS} {...PANE_FOCUS}>
          <SearchResults text={wanted} now={live.now} />
        </div>
      ) : (
        <Conversations data={data} me={me} query={query} openRoom={openRoom} />
      )}
    </section>
  );
}

function Conversations({ data, me, query, openRoom }: Pick<Props, "data" | "me" | "query" | "openRoom">) {
  const { desk, list, refetch, live } = data;
  const { counts } = list;
  const box = useRef<HTMLDivElement>(null);
  const rows = ordered(useDeferredValue(desk.conversations), query, me);
  const { shown, waiting, release } = useHand(box, rows);
  useKept(box, PERSON, (index) => shown[index]?._id ?? String(index));
  const empty = rows.length === 0;
  return (
    <div className="relative flex min-h-33 flex-1 flex-col">
      <WaitingPill count={waiting} onShow={release} className="top-2 z-10" />
      <div ref={box} className="min-h-0 flex-1 overflow-y-auto -outline-offset-2" {...ROWS} {...PANE_FOCUS}>
        {list.problem && (
          <div className="p-3">
            <Problem text={words.peopleFailed(list.problem)} onRetry={refetch} />
          </div>
        )}
        {empty && list.loading && <Loading rowHeight={PERSON} />}
        {empty && !list.loading && !list.problem && <Nothing newcomers={counts?.open === 0 && counts.closed === 0} />}
        <PeopleList
          box={box}
          rows={shown}
          desk={desk}
          presence={data.presence}
          openRoom={openRoom}
          now={live.now}
          me={me}
          onChanged={data.changed}
        />
        {list.hasMore && <MoreButton loading={list.loadingMore} onMore={list.loadMore} />}
      </div>
    </div>
  );
}

function SearchBox({ text, onText }: { text: string; onText: (text: string) => void }) {
  const box = useRef<HTMLInputElement>(null);
  useCommand("filter", () => box.current?.focus());
  return (
    <search className="relative">
      <Search
        size={15}
        strokeWidth={1.75}
        className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-3"
        aria-hidden="true"
      />
      <input
        ref={box}
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
    </search>
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
