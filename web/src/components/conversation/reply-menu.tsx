// Saved replies behind a slash: a list above the composer, driven by the keys of the box that keeps the focus.
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, type RefObject, useState } from "react";
import { fitting, repliesQuery, type SavedReply } from "@/lib/chat/saved-replies";
import { shorten } from "@/lib/format/graphemes";
import { useOutside } from "../use-outside";
import { words } from "./messages";
import { SavedRepliesDialog } from "./saved-replies-dialog";

const MOST = 8;

interface ReplyMenuState {
  open: boolean;
  list: readonly SavedReply[];
  chosen: SavedReply | undefined;
  problem: string | null;
  /** Whether the key was taken. */
  onKey: (event: KeyboardEvent) => boolean;
  take: (reply: SavedReply) => void;
  /** Offers them also where they were just left. */
  again: () => void;
}

/** `word` is what stands behind the slash, null where no reply is looked for. Whoever goes out of `composer` leaves it. */
export function useReplyMenu(
  word: string | null,
  composer: RefObject<HTMLElement | null>,
  onTake: (reply: SavedReply) => void,
): ReplyMenuState {
  const { data, error } = useQuery({ ...repliesQuery, enabled: word !== null });
  const [at, setAt] = useState({ word, place: 0 });
  const [left, setLeft] = useState<string | null>(null);
  if (word === null && left !== null) setLeft(null); // the next slash is another question
  const open = word !== null && word !== left;
  useOutside([composer], open, () => setLeft(word));
  const list = open ? fitting(data ?? [], word).slice(0, MOST) : [];
  const place = at.word === word ? Math.min(at.place, list.length - 1) : 0; // another word is another list
  const chosen = list[place];
  const step = (by: 1 | -1) => setAt({ word, place: (place + by + list.length) % list.length });
  const onKey = (event: KeyboardEvent) => {
    if (!open) return false;
    if (event.key === "Escape") {
      event.stopPropagation(); // it closes this list only
      setLeft(word);
    } else if (!chosen) return false;
    else if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(-1);
    else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") onTake(chosen);
    else return false;
    event.preventDefault();
    return true;
  };
  return { open, list, chosen, problem: error?.message ?? null, onKey, take: onTake, again: () => setLeft(null) };
}

interface Props {
  menu: ReplyMenuState;
  id: string;
  /** The button that led to the dialog has gone meanwhile: the focus is for whoever shows this menu to place. */
  onManaged: () => void;
}

export function ReplyMenu({ menu, id, onManaged }: Props) {
  const [managing, setManaging] = useState(false);
  const managed = () => {
    setManaging(false);
    menu.again();
    onManaged();
  };
  return (
    <>
      {menu.open && (
        <div className="absolute inset-x-0 bottom-full z-10 mb-1.5 rounded-xl border border-line bg-surface py-1 shadow-3">
          <div id={id} role="listbox" aria-label={words.replies} className="max-h-64 overflow-y-auto">
            {menu.list.map((reply) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the composer has the focus and takes the keys
              <div
                key={reply.id}
                id={`${id}-${reply.id}`}
                role="option"
                tabIndex={-1}
                aria-selected={reply === menu.chosen}
                className={`flex cursor-default gap-2 px-3 py-1.5 ${reply === menu.chosen ? "bg-selected" : "hover:bg-hover"}`}
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => menu.take(reply)}
              >
                <span className="flex-none font-[550]">/{reply.shortcut}</span>
                <span className="min-w-0 truncate text-ink-2">{shorten(reply.text, 120)}</span>
              </div>
            ))}
          </div>
          {menu.list.length === 0 && (
            <p role="status" className="px-3 py-1.5 text-ink-3">
              {menu.problem === null ? words.noReplies : words.repliesFailed(menu.problem)}
            </p>
          )}
          <button type="button" className="btn btn-quiet btn-small mx-1.5 mt-1" onClick={() => setManaging(true)}>
            {words.manageReplies}
          </button>
        </div>
      )}
      {managing && <SavedRepliesDialog onClose={managed} />}
    </>
  );
}
