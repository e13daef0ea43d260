import { type RefObject, useEffect, useRef } from "react";

/** Names the tab, with what is unread before it, and moves the focus to the page's heading when the person comes from
 * another page of ours, unless something else of the page `takes` it. */
export function useTitle(title: string, unread = 0, takes = false): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  const named = useRef<string | null>(null);
  useEffect(() => {
    const first = document.title === "" || document.title === "Carevia";
    document.title = unread > 0 ? `(${unread}) ${title} · Carevia` : `${title} · Carevia`;
    if (!first && !takes && named.current !== title) heading.current?.focus({ preventScroll: true });
    named.current = title;
  }, [title, unread, takes]);
  return heading;
}
