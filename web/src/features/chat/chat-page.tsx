// /chat: a customer's one conversation with Carevia Support.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Loading } from "@/components/loading";
import { words as shared } from "@/components/messages";
import { PageHeader } from "@/components/page-header";
import { Problem } from "@/components/problem";
import { sessionQuery } from "@/lib/api/get-session";
import { hour } from "@/lib/format/time";
import { useSignInEnd } from "@/lib/use-sign-in-end";
import { useTitle } from "@/lib/use-title";
import { CustomerChat } from "./customer-chat";
import { words } from "./messages";

export function ChatPage() {
  const heading = useTitle(words.title);
  const { data: person, isPending, error, refetch } = useQuery(sessionQuery);
  const ended = useSignInEnd(person?.role === "user");
  if (person?.role === "user") {
    return (
      // On a screen as low as under 400 % zoom, or with large letters on a phone, the page scrolls, with room in it for some messages.
      <div className="flex h-dvh min-h-120 flex-col max-xs:min-h-200 squeezed:min-h-0">
        <PageHeader title={words.title} heading={heading} />
        <CustomerChat key={person._id} me={person} />
      </div>
    );
  }
  return (
    <div className="flex min-h-full flex-col">
      <PageHeader title={words.title} heading={heading} />
      <main className="mx-auto w-full max-w-[560px] px-4 py-10">
        {isPending && <Loading />}
        {error && <Problem text={error.message} onRetry={() => void refetch()} />}
        {person === null && (
          <Lead text={ended === null ? words.signInFirst : shared.signInEnded(hour(ended))}>
            <Link to="/login" search={{ next: "/chat" }} className="btn btn-solid">
              {words.signIn}
            </Link>
          </Lead>
        )}
        {person && (
          <Lead text={words.staff}>
            <Link to="/dashboard" search={{ view: "chat" }} className="btn btn-solid">
              {words.toDesk}
            </Link>
          </Lead>
        )}
      </main>
    </div>
  );
}

function Lead({ text, children }: { text: string; children: ReactNode }) {
  return (
    <div className="card p-5 shadow-1">
      <p className="mb-4 text-[15px] leading-6">{text}</p>
      {children}
    </div>
  );
}
