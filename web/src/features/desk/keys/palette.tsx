// Ctrl K: one box that finds people and messages, and does what the page can do. The box keeps the focus, the arrows walk
// what was found.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, type ReactNode, useContext, useId, useState } from "react";
import { Avatar } from "@/components/avatar";
import { Dialog } from "@/components/dialog";
import { shorten } from "@/lib/format/graphemes";
import { CommandsContext } from "@/lib/keys/commands";
import { isComposing } from "@/lib/keys/composing";
import { PANE_FOCUS } from "@/lib/keys/rows";
import { type CommandId, SHORTCUTS, type Shortcut } from "@/lib/keys/shortcuts";
import { type FoundPage, getSearch } from "../get-search";
import { fullName } from "../names";
import { useSettledText } from "../use-settled-text";
import { Keycaps } from "./keycaps";
import { words } from "./messages";

const NOT_LISTED = new Set<CommandId>(["palette", "next", "previous", "back", "pane", "paneBack"]);
const MOST = 8;

interface Option {
  id: string;
  face: ReactNode;
  run: () => void;
}

export function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [place, setPlace] = useState(0);
  const id = useId();
  const wanted = useSettledText(text.trim());
  const found = useQuery({
    queryKey: ["palette", wanted],
    queryFn: ({ signal }) => getSearch(wanted, null, signal),
    enabled: wanted !== "",
  });
  const commands = useCommandOptions(text, onClose);
  const people = usePeopleOptions(wanted === "" ? undefined : found.data, onClose);
  const options = [...commands, ...people];
  const chosen = options[Math.min(place, options.length - 1)];
  const onKey = (event: KeyboardEvent) => {
    if (isComposing(event.nativeEvent)) return;
    if (event.key === "ArrowDown") setPlace((place + 1) % Math.max(1, options.length));
    else if (event.key === "ArrowUp") setPlace((place - 1 + options.length) % Math.max(1, options.length));
    else if (event.key === "Enter") chosen?.run();
    else return;
    event.preventDefault();
  };
  const settled = wanted === text.trim() && !found.isFetching;
  return (
    <Dialog title={words.palette} onClose={onClose} className="mt-[12vh] w-[min(560px,94vw)]">
      <input
        type="text"
        role="combobox"
        aria-label={words.palette}
        aria-expanded={options.length > 0}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={chosen && `${id}-${chosen.id}`}
        className="field mt-3"
        {...PANE_FOCUS}
        placeholder={words.placeholder}
        maxLength={200}
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          setPlace(0);
        }}
        onKeyDown={onKey}
      />
      <div id={id} role="listbox" aria-label={words.palette} className="mt-2 max-h-[50vh] overflow-y-auto">
        {options.map((option) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the box has the focus and takes the keys
          <div
            key={option.id}
            id={`${id}-${option.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={option === chosen}
            ref={(element) => {
              if (option === chosen) element?.scrollIntoView?.({ block: "nearest" });
            }}
            className={`flex min-h-9 cursor-default items-center gap-2.5 max-xs:flex-wrap rounded-md px-2.5 py-1.5 ${option === chosen ? "bg-selected" : "hover:bg-hover"}`}
            onMouseDown={(event) => event.preventDefault()}
            onClick={option.run}
          >
            {option.face}
          </div>
        ))}
      </div>
      <p role="status" className={options.length > 0 ? "sr-only" : "px-2.5 py-2 text-ink-2"}>
        {found.error
          ? words.failed(found.error.message)
          : settled && (options.length > 0 ? words.found(options.length) : words.nothing(text))}
      </p>
    </Dialog>
  );
}

/** What the page offers now, as far as the words fit. */
function useCommandOptions(text: string, onClose: () => void): Option[] {
  const commands = useContext(CommandsContext);
  const [offered] = useState(() =>
    (SHORTCUTS as readonly Shortcut[]).filter(({ id }) => commands?.offers(id) && !NOT_LISTED.has(id)),
  );
  const looked = text.trim().toLocaleLowerCase();
  return offered
    .filter(({ id }) => words.does[id].toLocaleLowerCase().includes(looked))
    .map(({ id, keys }) => ({
      id,
      face: (
        <>
          <span className="min-w-0 flex-1 max-xs:basis-full">{words.does[id]}</span>
          <span className="flex-none">{keys[0] && <Keycaps keys={keys[0]} />}</span>
        </>
      ),
      run: () => {
        onClose();
        // After the dialog has given the focus back: the command may move it.
        setTimeout(() => commands?.run(id));
      },
    }));
}

function usePeopleOptions(found: FoundPage | undefined, onClose: () => void): Option[] {
  const navigate = useNavigate();
  const open = (room: string, at?: number) => {
    onClose();
    void navigate({ to: "/dashboard", search: { view: "chat", with: room, ...(at && { at }) } });
  };
  const people = found?.people.slice(0, MOST).map((person) => ({
    id: `person-${person._id}`,
    face: (
      <>
        <Avatar id={person._id} name={fullName(person)} size="small" />
        <span className="min-w-0 flex-1 truncate">{fullName(person)}</span>
        <span className="min-w-0 truncate text-xs text-ink-3">{person.email}</span>
      </>
    ),
    run: () => open(person._id),
  }));
  const messages = found?.messages.slice(0, MOST).map(({ roomId, seq, userName, text }) => ({
    id: `message-${seq}`,
    face: (
      <>
        <Avatar id={roomId} name={userName} size="small" />
        <span className="max-w-40 flex-none truncate font-[550]">{userName}</span>
        <span className="min-w-0 flex-1 truncate text-ink-2">{shorten(text, 120)}</span>
      </>
    ),
    run: () => open(roomId, seq),
  }));
  return [...(people ?? []), ...(messages ?? [])];
}
