// /login: the form at the left, what it is for at the right.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { AccountMenu } from "@/components/account-menu";
import { LanguageSwitch } from "@/components/language-switch";
import { Logo } from "@/components/logo";
import { Problem } from "@/components/problem";
import { displayName, type Person, sessionQuery } from "@/lib/api/get-session";
import { useTitle } from "@/lib/use-title";
import { LoginForm } from "./login-form";
import { words } from "./messages";
import { Samples } from "./samples";
import { useSignIn } from "./use-sign-in";

export function LoginPage({ next }: { next?: string | undefined }) {
  const heading = useTitle(words.title);
  const { byPassword, byLink } = useSignIn(next);
  const { data: person } = useQuery(sessionQuery);
  return (
    <div className="grid min-h-full grid-cols-1 bg-surface sm:grid-cols-2">
      <div className="grid grid-cols-1 grid-rows-[auto_1fr_auto] p-4 sm:px-10 sm:py-8">
        <header className="flex max-xs:flex-wrap items-center justify-between">
          <Logo word />
          <span className="flex items-center gap-2">
            <LanguageSwitch />
            {person && <AccountMenu />}
          </span>
        </header>
        <main className="m-auto w-full max-w-[360px] py-8">
          <h1 ref={heading} tabIndex={-1} className="page-title">
            {words.title}
          </h1>
          <p className="mt-1 mb-6 text-[15px] leading-6 text-ink-2">{words.lead}</p>
          <div className="flex flex-col gap-4 not-empty:mb-4">
            {byLink.isPending && <p role="status">{words.link}</p>}
            {byLink.isError && <Problem text={words.linkFailed(byLink.error.message)} />}
            {person && !byPassword.isPending && <Already person={person} />}
          </div>
          <LoginForm
            pending={byPassword.isPending}
            error={byPassword.error}
            onSubmit={(credentials) => byPassword.mutate(credentials)}
          />
        </main>
        <footer className="text-xs text-ink-2">
          {words.stuck}{" "}
          <Link to="/test-socket" className="font-medium">
            {words.test}
          </Link>
        </footer>
      </div>
      <Samples />
    </div>
  );
}

function Already({ person }: { person: Person }) {
  const staff = person.role === "admin";
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-accent-line bg-tint px-3 py-2">
      <span className="min-w-0 flex-1 text-accent-ink wrap-anywhere">{words.already(displayName(person))}</span>
      <Link to={staff ? "/dashboard" : "/chat"} className="btn btn-line btn-small">
        {staff ? words.toDesk : words.toChat}
      </Link>
    </div>
  );
}
