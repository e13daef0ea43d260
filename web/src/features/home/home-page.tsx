// The start page: five doors.
import { useQuery } from "@tanstack/react-query";
import { Link, type LinkProps } from "@tanstack/react-router";
import { BookOpen, ChevronRight, LogIn, type LucideIcon, MessageSquare, MonitorCheck, PlugZap } from "lucide-react";
import { words as shared } from "@/components/messages";
import { PageHeader } from "@/components/page-header";
import { displayName, sessionQuery } from "@/lib/api/get-session";
import { useTitle } from "@/lib/use-title";
import { words } from "./messages";

const DOORS: { to: NonNullable<LinkProps["to"]>; key: keyof typeof words.doors; Icon: LucideIcon }[] = [
  { to: "/test-socket", key: "test", Icon: PlugZap },
  { to: "/dashboard", key: "desk", Icon: MonitorCheck },
  { to: "/chat", key: "chat", Icon: MessageSquare },
  { to: "/login", key: "login", Icon: LogIn },
  { to: "/docs", key: "docs", Icon: BookOpen },
];

export function HomePage() {
  const heading = useTitle(words.start);
  const { data: person } = useQuery(sessionQuery);
  return (
    <div className="flex min-h-full flex-col">
      <PageHeader title={shared.brand} heading={heading} />
      <main className="mx-auto w-full max-w-[760px] px-4 py-8 md:py-14">
        <h2 className="page-title">{words.title}</h2>
        <p className="mt-1 mb-7 text-[15px] leading-6 text-ink-2">
          {words.lead} {person && words.signedIn(displayName(person))}
        </p>
        <ul className="card divide-y divide-line overflow-hidden shadow-1">
          {DOORS.map(({ to, key, Icon }) => (
            <li key={to}>
              <Link
                to={to}
                className="flex items-center gap-4 px-4 py-4 text-ink -outline-offset-2 hover:bg-hover hover:no-underline"
              >
                <span className="grid size-9 flex-none place-items-center rounded-[10px] bg-tint text-accent-ink">
                  <Icon size={20} strokeWidth={1.6} aria-hidden="true" />
                </span>
                <span className="min-w-0 flex-1">
                  <span className="block text-[15px] leading-6 font-[650]">{words.doors[key].name}</span>
                  <span className="block text-ink-2">{words.doors[key].text}</span>
                </span>
                <ChevronRight size={16} strokeWidth={1.75} className="flex-none text-ink-3" aria-hidden="true" />
              </Link>
            </li>
          ))}
        </ul>
      </main>
    </div>
  );
}
