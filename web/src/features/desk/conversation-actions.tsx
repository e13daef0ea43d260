// Whose the conversation is, and whether it is dealt with. For the head of the conversation.
import { useMutation, useQuery } from "@tanstack/react-query";
import { CircleCheck, RotateCcw, UserRoundCheck, UserRoundPlus } from "lucide-react";
import { useRef } from "react";
import { useCommand } from "@/lib/keys/commands";
import type { Connection } from "@/lib/socket/connection";
import { useConnectionEvents } from "@/lib/socket/use-connection";
import type { Conversation } from "./get-conversations";
import { words } from "./messages";
import { getStaff, postConversation, toggled } from "./post-conversation";

interface Props {
  connection: Connection | null;
  row: Conversation;
  me: string;
  onChanged: (row: Conversation) => void;
}

export function ConversationActions({ connection, row, me, onChanged }: Props) {
  const staff = useQuery({ queryKey: ["staff"], queryFn: ({ signal }) => getStaff(signal), staleTime: 60_000 });
  const change = useMutation({ mutationFn: postConversation, onSuccess: onChanged });
  useConnectionEvents(connection, ({ type }) => {
    if (type === "connected" && change.isError) change.reset(); // that the server does not answer is so no more
  });
  const { assignee, status } = row;
  const known = staff.data ?? [];
  const people = assignee && !known.some(({ _id }) => _id === assignee._id) ? [assignee, ...known] : known;
  const choice = useRef<HTMLSelectElement>(null);
  useCommand("assign", () => openChoice(choice.current));
  const [Icon, name] = status === "open" ? [CircleCheck, words.actions.close] : [RotateCcw, words.actions.reopen];
  const Person = assignee ? UserRoundCheck : UserRoundPlus;
  const toggle = change.isPending ? null : () => change.mutate(toggled(row));
  useCommand("close", toggle);
  return (
    <div className="flex min-w-0 flex-none items-center gap-1.5">
      {change.error && (
        <p
          role="alert"
          className="absolute top-full right-2 z-10 mt-1 max-w-[calc(100%-16px)] rounded-lg border border-bad-line bg-bad-tint px-3 py-1.5 text-xs leading-4 text-bad-ink shadow-3"
        >
          {words.actions.failed(change.error.message)}
        </p>
      )}
      {/* Where there is no room for its words it lies, unseen, over an icon. */}
      <span
        className="relative flex-none"
        title={`${words.actions.assignee}: ${assignee?.name ?? words.actions.nobody}`}
      >
        <select
          ref={choice}
          aria-label={words.actions.assignee}
          className="peer btn btn-line btn-small w-36 truncate @max-lg:absolute @max-lg:inset-0 @max-lg:w-full @max-lg:opacity-0"
          value={assignee?._id ?? ""}
          onChange={(event) => change.mutate({ roomId: row._id, assignee: event.target.value || null })}
        >
          <option value="">{words.actions.nobody}</option>
          {people.map(({ _id, name }) => (
            <option key={_id} value={_id}>
              {_id === me ? words.actions.me(name) : name}
            </option>
          ))}
        </select>
        <span
          aria-hidden="true"
          className={`btn btn-line btn-small pointer-events-none outline-offset-2 outline-brand peer-focus-visible:outline-2 @lg:hidden ${assignee ? "text-accent" : ""}`}
        >
          <Person size={14} strokeWidth={1.75} />
        </span>
      </span>
      {/* What the key has done is seen at the button, and its name is not spoken where the focus is elsewhere. */}
      <span role="status" className="sr-only">
        {change.isSuccess && change.variables.status && words.actions[status === "closed" ? "closed" : "reopened"]}
      </span>
      {/* One button, and never disabled: either would take the focus away from who has just pressed it. */}
      <button
        type="button"
        className="btn btn-line btn-small"
        title={name}
        aria-disabled={change.isPending}
        onClick={toggle ?? undefined}
      >
        <Icon size={14} strokeWidth={1.75} aria-hidden="true" />
        <span className="@max-2xl:sr-only">{name}</span>
      </button>
    </div>
  );
}

function openChoice(select: HTMLSelectElement | null) {
  select?.focus();
  try {
    select?.showPicker?.();
  } catch {
    // A browser that opens it by a press only: the arrows choose.
  }
}
