// A link in a list of many. The router's own Link looks at the whole address for each of them and at every change; this
// one only knows where it leads. A plain click goes there without leaving the page, any other is the browser's.
import { useRouter } from "@tanstack/react-router";
import type { ComponentProps, MouseEvent } from "react";

interface Props extends Omit<ComponentProps<"a">, "href" | "onClick"> {
  to: string;
  search: object;
}

export function RowLink({ to, search, ...rest }: Props) {
  const router = useRouter();
  const href = to + router.options.stringifySearch(search);
  const go = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.history.push(href);
  };
  return <a {...rest} href={href} onClick={go} />;
}
