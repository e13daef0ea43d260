// A button that may be gone once it is pressed. The focus is not lost with it: it goes to where one works in its pane.
import { type ComponentProps, useEffect, useLayoutEffect, useRef } from "react";
import { focusPane } from "@/lib/keys/rows";

interface Props extends ComponentProps<"button"> {
  /** Where the focus goes instead. */
  handOver?: (button: HTMLButtonElement) => void;
}

export function PassingButton({ handOver = toItsPane, ...rest }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const newest = useRef(handOver);
  useEffect(() => {
    newest.current = handOver;
  });
  useLayoutEffect(() => {
    const element = button.current;
    return () => {
      // It is still in the page.
      if (element && document.activeElement === element) newest.current(element);
    };
  }, []);
  return <button type="button" {...rest} ref={button} />;
}

function toItsPane(button: HTMLButtonElement): void {
  focusPane(button.closest<HTMLElement>("[data-pane]") ?? document.body);
}
