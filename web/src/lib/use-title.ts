import { type RefObject, useEffect, useRef } from "react";

/** Names the tab, and moves the focus to the page's heading when the person comes from another page of ours. */
export function useTitle(title: string): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const first = document.title === "" || document.title === "Carevia";
    document.title = `${title} · Carevia`;
    if (!first) heading.current?.focus({ preventScroll: true });
  }, [title]);
  return heading;
}
