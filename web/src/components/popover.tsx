// A button with a panel below it. The panel takes the focus, Escape gives it back to the button, and a press elsewhere
// closes it.
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useOutside } from "./use-outside";

interface Props {
  label: string;
  /** Shown by the pointer. */
  title: string;
  face: ReactNode;
  className?: string;
  children: ReactNode;
}

export function Popover({ label, title, face, className = "", children }: Props) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    if (open) panel.current?.focus();
  }, [open]);
  useOutside([panel, button], open, () => setOpen(false));
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !open) return;
    event.stopPropagation(); // the topmost layer closes first
    setOpen(false);
    button.current?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes the panel wherever in it the focus is
    <span className="relative flex-none" onKeyDown={onKey}>
      <button
        ref={button}
        type="button"
        className={`btn btn-quiet px-2 ${className}`}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        title={title}
        onClick={() => setOpen(!open)}
      >
        {face}
        <span className="sr-only">{label}</span>
      </button>
      {open && (
        <div
          ref={panel}
          id={id}
          role="dialog"
          aria-label={label}
          tabIndex={-1}
          className="card absolute top-full right-0 z-20 mt-2 flex w-72 max-w-[calc(100vw-32px)] flex-col gap-3 p-4 text-left text-[13px] leading-5 text-ink shadow-3 outline-none max-md:fixed max-md:inset-x-4 max-md:top-14 max-md:w-auto"
        >
          {children}
        </div>
      )}
    </span>
  );
}
