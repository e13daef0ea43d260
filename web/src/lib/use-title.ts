import { type RefObject, useEffect, useRef } from "react";
import { numeral } from "./format/number";
import { type Language, useLanguage } from "./language";

/** Every page calls it: names the tab, with what is unread before it, speaks another language when one is chosen, and
 * moves the focus to the page's heading when the person comes from another page of ours, unless something else `takes`
 * it. */
export function useTitle(title: string, unread = 0, takes = false): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  const language = useLanguage();
  const named = useRef<{ title: string; language: Language } | null>(null);
  useEffect(() => {
    const first = document.title === "" || document.title === "Carevia";
    document.title = unread > 0 ? `(${numeral(unread)}) ${title} · Carevia` : `${title} · Carevia`;
    const before = named.current;
    const translated = before !== null && before.language !== language;
    if (!first && !takes && !translated && before?.title !== title) heading.current?.focus({ preventScroll: true });
    named.current = { title, language };
  }, [title, unread, takes, language]);
  return heading;
}
