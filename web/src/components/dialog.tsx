// A window over the page. The browser's own dialog holds the focus, closes on Escape, and gives the focus back.
import { X } from "lucide-react";
import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { createPortal } from "react-dom";
import { words } from "./messages";

interface Props {
  title: string;
  onClose: () => void;
  className?: string;
  children: ReactNode;
}

export function Dialog({ title, onClose, className = "w-[min(560px,94vw)]", children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const beside = useRef(false);
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    element?.querySelector<HTMLElement>("[data-pane-focus]")?.focus(); // else the browser takes the first that it finds
    return () => element?.close(); // while it is still in the page: taken out open, it would not give the focus back
  }, []);
  return createPortal(
    <dialog
      ref={dialog}
      aria-labelledby={id}
      className={`m-auto max-h-[calc(100dvh-32px)] rounded-xl border border-line bg-surface text-ink shadow-3 backdrop:bg-[#0006] ${className}`}
      onClose={() => !dialog.current?.open && onClose()}
      onKeyDown={(event) => event.stopPropagation()}
      // A press within it that ends beside it has selected text, and what was being written would go with the window.
      onPointerDown={(event) => {
        beside.current = event.target === dialog.current;
      }}
      onClick={(event) => beside.current && event.target === dialog.current && dialog.current.close()}
    >
      {/* The dialog's own edge would count as beside it. */}
      <div className="p-5">
        <div className="flex items-center">
          <h2 id={id} className="flex-1 text-[15px] font-[650]">
            {title}
          </h2>
          <button
            type="button"
            className="btn btn-quiet px-2"
            aria-label={words.close}
            onClick={() => dialog.current?.close()}
          >
            <X size={16} strokeWidth={1.75} aria-hidden="true" />
          </button>
        </div>
        {children}
      </div>
    </dialog>,
    document.body,
  );
}
