// What can be done with a conversation from its row: by a right click, Shift F10 or the menu key, or a long press.
import { useMutation } from "@tanstack/react-query";
import {
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { RowLink } from "@/components/row-link";
import { useOutside } from "@/components/use-outside";
import { focusRow } from "@/lib/keys/rows";
import type { Conversation } from "./get-conversations";
import { words } from "./messages";
import { fullName } from "./names";
import { postConversation, toggled } from "./post-conversation";

const ITEM =
  "flex min-h-8 w-full items-center rounded-md px-2.5 text-left text-ink hover:bg-hover hover:no-underline focus:bg-hover";
const EDGE = 8;

interface Props {
  row: Conversation;
  /** Where it was asked for, in the window. */
  at: { x: number; y: number };
  me: string;
  onChanged: (row: Conversation) => void;
  onClose: () => void;
}

export function RowMenu({ row, at, me, onChanged, onClose }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const place = usePlaceInWindow(box, at);
  const close = () => {
    onClose();
    focusRow(row._id);
  };
  const change = useMutation({
    mutationFn: postConversation,
    onSuccess: (changed) => {
      onChanged(changed);
      close();
    },
  });
  useEffect(() => items(box.current)[0]?.focus(), []);
  useOutside([box], true, onClose);
  useClosedByMoves(row._id, onClose);
  const mine = row.assignee?._id === me;
  const onKey = (event: KeyboardEvent) => {
    event.stopPropagation(); // the letters below are the desk's
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      close();
    }
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = items(box.current);
    const edge = { Home: 0, End: all.length - 1 }[event.key];
    if (by === undefined && edge === undefined) return;
    event.preventDefault();
    const focused = all.indexOf(document.activeElement as HTMLElement);
    all[edge ?? (focused + (by ?? 0) + all.length) % all.length]?.focus();
  };
  return (
    <div
      ref={box}
      role="menu"
      tabIndex={-1}
      aria-label={words.rowMenu.label(fullName(row))}
      onKeyDown={onKey}
      className="card fixed z-30 min-w-48 p-1 text-[13px] shadow-3"
      style={place}
    >
      <RowLink role="menuitem" to="/dashboard" search={{ view: "chat", with: row._id }} className={ITEM}>
        {words.rowMenu.open}
      </RowLink>
      <Item onDo={() => change.mutate({ roomId: row._id, assignee: mine ? null : me })} busy={change.isPending}>
        {mine ? words.rowMenu.toNobody : words.rowMenu.toMe}
      </Item>
      <Item onDo={() => change.mutate(toggled(row))} busy={change.isPending}>
        {row.status === "open" ? words.actions.close : words.actions.reopen}
      </Item>
      {change.error && (
        <p role="alert" className="max-w-60 px-2.5 py-1.5 text-xs leading-4 text-bad-ink">
          {words.actions.failed(change.error.message)}
        </p>
      )}
    </div>
  );
}

function Item({ onDo, busy, children }: { onDo: () => void; busy: boolean; children: string }) {
  return (
    <button type="button" role="menuitem" className={ITEM} aria-disabled={busy} onClick={busy ? undefined : onDo}>
      {children}
    </button>
  );
}

function items(box: HTMLElement | null): HTMLElement[] {
  return [...(box?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
}

/** Whole within the window, whatever corner it was asked for in. */
function usePlaceInWindow(box: RefObject<HTMLElement | null>, at: { x: number; y: number }) {
  const [place, setPlace] = useState({ left: at.x, top: at.y });
  useLayoutEffect(() => {
    if (!box.current) return;
    const { width, height } = box.current.getBoundingClientRect();
    const left = Math.max(EDGE, Math.min(at.x, window.innerWidth - width - EDGE));
    const top = Math.max(EDGE, Math.min(at.y, window.innerHeight - height - EDGE));
    setPlace({ left, top });
  }, [box, at.x, at.y]);
  return place;
}

/** When something in it leads elsewhere, and when what it stands beside moves away. */
function useClosedByMoves(room: string, onClose: () => void) {
  const leave = useEffectEvent(onClose);
  useEffect(() => {
    const scrolled = ({ target }: Event) => {
      const row = document.querySelector(`[data-row="${CSS.escape(room)}"]`);
      if (target instanceof Node && target.contains(row)) leave(); // a conversation beside it goes on by itself
    };
    document.addEventListener("scroll", scrolled, true);
    window.addEventListener("resize", leave);
    return () => {
      document.removeEventListener("scroll", scrolled, true);
      window.removeEventListener("resize", leave);
    };
  }, [room]);
}
