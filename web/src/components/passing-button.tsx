// A button that may be gone once it is pressed. The focus is not lost with it: it goes to where one works in its pane.
import { type ComponentProps, useEffectEvent, useLayoutEffect, useRef } from "react";
import { focusPane } from "@/lib/keys/rows";

interface Props extends ComponentProps<"button"> {
  /** Where the focus goes instead. */
  handOver?: (button: HTMLButtonElement) => void;
}

export function PassingButton({ handOver = toItsPane, ...rest }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const onGone = useEffectEvent(handOver);
  useLayoutEffect(() => {
    const element = button.current;
    return () => {
      // It is still in the page.
      if (element && document.activeElement === element) onGone(element);
    };
  }, []);
  return <button type="button" {...rest} ref={button} />;
}

function toItsPane(button: HTMLButtonElement): void {
  focusPane(button.closest<HTMLElement>("[data-pane]") ?? document.body);
}
