// What was found: people first, then messages, each of which opens its conversation at itself.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Avatar } from "@/components/avatar";
import { Loading } from "@/components/loading";
import { Problem } from "@/components/problem";
import { age } from "@/lib/format/time";
import { rowOf } from "@/lib/keys/rows";
import { writtenIn } from "@/lib/language";
import { onServerClock } from "@/lib/server-clock";
import { type FoundMessage, type FoundPerson, getSearch } from "./get-search";
import { words } from "./messages";
import { MoreButton } from "./more-button";
import { fullName } from "./names";

const ROW =
  "flex items-center gap-2.5 border-b border-line py-2.5 pr-3 pl-3.5 text-ink -outline-offset-2 hover:bg-hover hover:no-underline";

export function SearchResults({ text, now }: { text: string; now: number }) {
  const found = useInfiniteQuery({
    queryKey: ["search", text],
    queryFn: ({ pageParam, signal }) => getSearch(text, pageParam, signal),
    initialPageParam: null as number | null,
    getNextPageParam: ({ hasMore, messages }) => (hasMore ? (messages.at(-1)?.seq ?? null) : null),
  });
  const people = found.data?.pages[0]?.people ?? [];
  const messages = found.data?.pages.flatMap((page) => page.messages) ?? [];
  const nothing = found.isSuccess && people.length + messages.length === 0;
  return (
    <div>
      <p role="status" className={nothing ? "p-4 text-ink-2" : "sr-only"}>
        {found.isSuccess && (nothing ? words.search.nothing(text) : words.search.found(people.length, messages.length))}
      </p>
      {found.isPending && <Loading />}
      {found.error && (
        <div className="p-3">
          <Problem text={words.search.failed(found.error.message)} onRetry={() => void found.refetch()} />
        </div>
      )}
      {people.length > 0 && (
        <ul aria-label={words.search.people}>
          {people.map((person) => (
            <PersonRow key={person._id} person={person} />
          ))}
        </ul>
      )}
      {messages.length > 0 && (
        <ul aria-label={words.search.messages}>
          {messages.map((message) => (
            <FoundRow key={message.seq} message={message} now={now} />
          ))}
        </ul>
      )}
      {found.hasNextPage && <MoreButton loading={found.isFetchingNextPage} onMore={() => void found.fetchNextPage()} />}
    </div>
  );
}

function PersonRow({ person }: { person: FoundPerson }) {
  const name = fullName(person);
  return (
    <li>
      <Link to="/dashboard" search={{ view: "chat", with: person._id }} className={ROW} {...rowOf(person._id)}>
        <Avatar id={person._id} name={name} />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-[550]">{name}</span>
          <span className="block truncate text-[12.5px] leading-[18px] text-ink-2">{person.email}</span>
        </span>
      </Link>
    </li>
  );
}

function FoundRow({ message, now }: { message: FoundMessage; now: number }) {
  const { roomId, seq, senderId, senderName, userName, text, time } = message;
  const name = userName || words.unknown;
  return (
    <li>
      <Link
        to="/dashboard"
        search={{ view: "chat", with: roomId, at: seq }}
        className={ROW}
        data-found={seq}
        {...rowOf(`message-${seq}`)}
      >
        <Avatar id={roomId} name={name} />
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-2">
            <span className="min-w-0 flex-1 truncate font-[550]">{name}</span>
            <span className="text-tiny text-ink-3 tabular-nums">{age(Date.parse(time), onServerClock(now))}</span>
          </span>
          <span {...writtenIn(text)} className="line-clamp-2 text-[12.5px] leading-[18px] wrap-anywhere text-ink-2">
            {senderId === roomId ? text : `${senderName}: ${text}`}
          </span>
        </span>
      </Link>
    </li>
  );
}
