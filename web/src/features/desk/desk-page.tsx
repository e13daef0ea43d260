// /dashboard: who may see it, and then the desk.
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Loading } from "@/components/loading";
import { words as shared } from "@/components/messages";
import { PageHeader } from "@/components/page-header";
import { Problem } from "@/components/problem";
import { sessionQuery } from "@/lib/api/get-session";
import { hour } from "@/lib/format/time";
import { useSignInEnd } from "@/lib/use-sign-in-end";
import { useTitle } from "@/lib/use-title";
import { Desk, type DeskPlace, type DeskSearch } from "./desk";
import { Keyboard } from "./keys/keyboard";
import type { BookingsSearch, PaymentsSearch } from "./lists/search";
import { words } from "./messages";

interface Props {
  place: DeskPlace;
  search: DeskSearch & BookingsSearch & PaymentsSearch;
}

export function DeskPage({ place, search }: Props) {
  const { data: person, isPending, error, refetch } = useQuery(sessionQuery);
  const ended = useSignInEnd(person?.role === "admin");
  if (person?.role === "admin")
    return (
      <Keyboard>
        <Desk key={person._id} me={person} place={place} search={search} />
      </Keyboard>
    );
  return (
    <Outside>
      {isPending && <Loading />}
      {error && <Problem text={error.message} onRetry={() => void refetch()} />}
      {!isPending && !error && <NotStaff customer={person !== null} ended={ended} />}
    </Outside>
  );
}

function Outside({ children }: { children: ReactNode }) {
  const heading = useTitle(words.title);
  return (
    <div className="flex min-h-full flex-col">
      <PageHeader title={words.title} heading={heading} />
      <main className="mx-auto w-full max-w-[560px] px-4 py-10">{children}</main>
    </div>
  );
}

function NotStaff({ customer, ended }: { customer: boolean; ended: number | null }) {
  const here = useLocation({ select: (location) => location.href });
  const nobody = ended === null ? words.signInFirst : shared.signInEnded(hour(ended));
  return (
    <div className="card p-5 shadow-1">
      <p className="text-[15px] leading-6">{customer ? words.notAllowed : nobody}</p>
      <div className="mt-4 flex flex-wrap gap-2">
        <Link to="/login" search={{ next: here }} className="btn btn-solid">
          {customer ? words.otherAccount : words.signIn}
        </Link>
        {customer && (
          <Link to="/chat" className="btn btn-line">
            {words.toChat}
          </Link>
        )}
      </div>
    </div>
  );
}
