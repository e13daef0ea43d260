// Who is signed in, and the way out or in.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { LogOut } from "lucide-react";
import { sessionQuery } from "@/lib/api/get-session";
import { logout } from "@/lib/api/logout";
import { Avatar } from "./avatar";
import { words } from "./messages";

export function AccountMenu() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const here = useLocation({ select: (location) => location.href });
  const { data: person, isPending } = useQuery(sessionQuery);
  if (isPending) return null;
  if (!person) {
    return (
      <Link to="/login" search={here === "/" ? {} : { next: here }} className="btn btn-line">
        {words.signIn}
      </Link>
    );
  }
  const leave = async () => {
    await logout();
    queries.clear();
    await navigate({ to: "/login" });
  };
  const name = person.name || person.email || person._id;
  return (
    <div className="flex items-center gap-1">
      <span title={name} className="max-sm:hidden">
        <Avatar id={person._id} name={name} size="small" />
        <span className="sr-only">{name}</span>
      </span>
      <button type="button" className="btn btn-quiet px-2" onClick={() => void leave()} title={words.signOut}>
        <LogOut size={16} strokeWidth={1.75} aria-hidden="true" />
        <span className="max-lg:sr-only">{words.signOut}</span>
      </button>
    </div>
  );
}
