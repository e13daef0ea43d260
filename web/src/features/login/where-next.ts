// Where to go after signing in. `next` comes from the address bar, so from anybody: only a path of this site is followed.
import type { Person } from "@/lib/api/get-session";

export function whereNext(person: Person, next: string | undefined, origin: string): string {
  return ownPath(next, origin) ?? (person.role === "admin" ? "/dashboard" : "/chat");
}

function ownPath(next: string | undefined, origin: string): string | null {
  // "//host", "/\host" and control characters in between are addresses of other sites to a browser.
  if (!next || !/^\/(?![/\\])/.test(next) || /[\\\p{Cc}]/u.test(next)) return null;
  try {
    const url = new URL(next, origin);
    // A path like "/.//host" begins so only once it is taken apart.
    if (url.origin !== origin || url.pathname.startsWith("//") || url.pathname === "/login") return null;
    return url.pathname + url.search + url.hash;
  } catch {
    return null;
  }
}
