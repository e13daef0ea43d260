// Who is signed in, how they want the pages to look, and the way out or in.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { LogOut } from "lucide-react";
import { useId } from "react";
import { displayName, sessionQuery } from "@/lib/api/get-session";
import { logout } from "@/lib/api/logout";
import { useStored } from "@/lib/stored";
import { THEMES, theme } from "@/lib/theme";
import { Avatar } from "./avatar";
import { words } from "./messages";
import { Popover } from "./popover";
import { Problem } from "./problem";

export function AccountMenu() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const here = useLocation({ select: (location) => location.href });
  const leaving = useMutation({
    mutationFn: logout,
    onSuccess: () => {
      queries.clear();
      return navigate({ to: "/login" });
    },
  });
  const { data: person, isPending } = useQuery(sessionQuery);
  if (isPending) return <span className="size-9 flex-none" />;
  if (!person) {
    return (
      <Link to="/login" search={here === "/" ? {} : { next: here }} className="btn btn-line">
        {words.signIn}
      </Link>
    );
  }
  const name = displayName(person);
  return (
    <Popover label={words.account(name)} title={name} face={<Avatar id={person._id} name={name} size="small" />}>
      <div className="min-w-0 border-b border-line pb-3">
        <p className="truncate font-[650]">{name}</p>
        {person.email && <p className="truncate text-xs text-ink-3">{person.email}</p>}
      </div>
      <ThemeChoice />
      {leaving.error && <Problem text={leaving.error.message} />}
      <button type="button" className="btn btn-line" onClick={() => leaving.mutate()}>
        <LogOut size={16} strokeWidth={1.75} aria-hidden="true" />
        {words.signOut}
      </button>
    </Popover>
  );
}

function ThemeChoice() {
  const [chosen, choose] = useStored(theme);
  const group = useId();
  return (
    <fieldset>
      <legend className="text-xs text-ink-2">{words.theme.label}</legend>
      <div className="mt-1 flex flex-wrap gap-x-4">
        {THEMES.map((one) => (
          <label key={one} className="flex min-h-6 items-center gap-2">
            <input
              type="radio"
              name={group}
              className="size-4 accent-solid"
              checked={chosen === one}
              onChange={() => choose(one)}
            />
            {words.theme[one]}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
