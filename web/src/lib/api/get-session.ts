// GET /api/session: who is signed in, null for nobody.
import { queryOptions } from "@tanstack/react-query";
import { request } from "./http";

export interface Person {
  _id: string;
  name: string | null;
  email: string | null;
  role: "admin" | "user";
}

/** What a person is called, whatever is known of them. */
export const displayName = ({ name, email, _id }: Person): string => name || email || _id;

async function getSession(): Promise<Person | null> {
  return (await request<{ user: Person | null }>("/api/session")).user;
}

/** Of nobody it is asked whenever the page is looked at again: one signs in on one tab for all of them. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: getSession,
  staleTime: 30_000,
  refetchOnWindowFocus: ({ state }) => (state.data === null ? "always" : true),
});
