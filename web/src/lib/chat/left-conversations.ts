// Conversations as they were left on this page: one that is opened again is there at once, also where the server does not
// answer. They are kept with the answers of the server, so they go when somebody signs out, and at a `reset`.
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { sessionQuery } from "@/lib/api/get-session";
import { type Conversation, EMPTY, reopened } from "./conversation";

const LEFT = "left-conversation";

/** What stood there when this person left it, or an empty one. */
export function leftConversation(queries: QueryClient, person: string, room: string): Conversation {
  const left = queries.getQueryData<Conversation>([LEFT, person, room]);
  return left ? reopened(left) : EMPTY;
}

/** Keeps it when it is left. */
export function useLeaving(person: string, room: string, conversation: Conversation): void {
  const queries = useQueryClient();
  const newest = useRef(conversation);
  useEffect(() => {
    newest.current = conversation;
  });
  useEffect(
    () => () => {
      const signedIn = queries.getQueryData(sessionQuery.queryKey)?._id === person;
      if (newest.current.loaded && signedIn) queries.setQueryData([LEFT, person, room], newest.current);
    },
    [queries, person, room],
  );
}

/** What stood in them may not exist any more. */
export function forgetLeftConversations(queries: QueryClient): void {
  queries.removeQueries({ queryKey: [LEFT] });
}
