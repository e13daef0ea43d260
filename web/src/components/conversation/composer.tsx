// Where a message is written. Enter sends (or Ctrl and Enter, as one likes it), Shift and Enter makes a new line; it grows
// to eight lines. Files are attached by the button, by dropping and by pasting. For staff it also writes private notes,
// and a slash offers saved replies.
import { SendHorizontal } from "lucide-react";
import { type ClipboardEvent, type KeyboardEvent, useId, useLayoutEffect, useRef, useState } from "react";
import type { Extra } from "@/lib/chat/outbox-store";
import { slashWord } from "@/lib/chat/saved-replies";
import type { Uploads } from "@/lib/chat/use-uploads";
import { useDroppedFiles } from "@/lib/dropped-files";
import { isBlank } from "@/lib/format/graphemes";
import { useCommand } from "@/lib/keys/commands";
import { isComposing } from "@/lib/keys/composing";
import { PANE_FOCUS } from "@/lib/keys/rows";
import { keySettings } from "@/lib/keys/settings";
import { words } from "../messages";
import { AttachButton } from "./attach-button";
import { ComposerFiles } from "./composer-files";
import { words as inside } from "./messages";
import { ModeChoice } from "./mode-choice";
import { ReplyMenu, useReplyMenu } from "./reply-menu";
import { useWriting } from "./use-writing";

const MOST = 10_000;

interface Props {
  /** Whose draft is kept, and of which conversation. */
  person: string;
  room: string;
  placeholder: string;
  /** Null while nothing takes it: then it stays where it is written. */
  onSend: ((text: string, extra: Extra) => void) | null;
  onTyping: () => void;
  uploads: Uploads;
  /** Staff write notes and have saved replies. */
  staff: boolean;
  /** Colleagues who write an answer now. */
  answering: readonly string[];
}

export function Composer({ person, room, placeholder, onSend, onTyping, uploads, staff, answering }: Props) {
  const { note, text, setText, choose, kept } = useWriting(person, room, staff);
  const box = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const tooLong = [...text].length > MOST;
  const files = note ? [] : uploads.list;
  const uploading = files.some((file) => file.done === null);
  const nothing = isBlank(text) && files.length === 0;
  const form = useRef<HTMLFormElement>(null);
  const replies = useReplyMenu(staff && !note ? slashWord(text) : null, form, (reply) => {
    setText(reply.text);
    box.current?.focus();
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const area = box.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [text]);

  // Two answers to one question confuse who asked. Once: whoever presses again means it.
  const doubled = answering.length > 0 && !note;
  const [asked, setAsked] = useState(false);
  const asking = asked && doubled;
  const send = () => {
    if (nothing || tooLong || uploading || !onSend) return;
    setAsked(doubled && !asked);
    if (doubled && !asked) return;
    const attachments = files.flatMap((file) => file.done ?? []);
    onSend(text.trim(), note ? { note: true } : attachments.length > 0 ? { attachments } : {});
    setText("");
    if (!note) uploads.clear();
    box.current?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    // While an input method composes (Bengali keyboards), Enter chooses a word.
    if (isComposing(event.nativeEvent) || replies.onKey(event)) return;
    const mod = event.ctrlKey || event.metaKey;
    if (event.key !== "Enter" || event.shiftKey || (!mod && keySettings.read().send === "mod")) return;
    event.preventDefault();
    send();
  };
  const write = (next: boolean) => {
    choose(next);
    setFilesInNote(false);
    box.current?.focus();
  };
  useCommand("reply", () => write(false));
  useCommand("note", staff ? () => write(true) : null);
  const slash = () => {
    setText("/");
    box.current?.focus();
  };
  const [filesInNote, setFilesInNote] = useState(false);
  const attach = (files: Iterable<File>) => {
    setFilesInNote(note);
    if (!note) uploads.add(files);
    box.current?.focus(); // also back from the browser's dialog: what goes with the file is written next
  };
  useDroppedFiles(attach);
  const onPaste = (event: ClipboardEvent) => {
    const { files, types } = event.clipboardData;
    // What is copied from a document or a table comes with a picture of itself: its text is meant.
    if (files.length === 0 || (types.includes("text/html") && types.includes("text/plain"))) return;
    event.preventDefault();
    attach(files);
  };
  return (
    <form
      ref={form}
      className={`relative mx-2.5 mt-1 mb-3 rounded-xl border shadow-2 focus-within:border-brand focus-within:ring-3 focus-within:ring-tint-2 md:mx-4 ${note ? "border-dashed border-note-line bg-note" : "border-field bg-surface"}`}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {staff && <ModeChoice note={note} onChange={write} kept={kept} onReplies={note || text !== "" ? null : slash} />}
      <ReplyMenu menu={replies} id={`${id}-replies`} onManaged={() => box.current?.focus()} />
      <label htmlFor={id} className="sr-only">
        {words.conversation.message}
      </label>
      {!note && <ComposerFiles uploads={uploads} />}
      <div className="flex items-end gap-2 p-1.5">
        {!note && <AttachButton onFiles={attach} />}
        <textarea
          id={id}
          ref={box}
          rows={1}
          {...PANE_FOCUS}
          value={text}
          placeholder={note ? inside.writeNote : placeholder}
          aria-invalid={tooLong}
          aria-describedby={tooLong ? `${id}-error` : undefined}
          aria-autocomplete={staff ? "list" : undefined}
          aria-controls={replies.open ? `${id}-replies` : undefined}
          aria-activedescendant={replies.open && replies.chosen ? `${id}-replies-${replies.chosen.id}` : undefined}
          onChange={(event) => {
            setText(event.target.value);
            setFilesInNote(false);
            // A private note is nobody's business on the other side, nor that it is being written.
            if (event.target.value && !note && slashWord(event.target.value) === null) onTyping();
          }}
          onKeyDown={onKey}
          onPaste={onPaste}
          className="max-h-[calc(8lh+14px)] min-w-0 flex-1 resize-none bg-transparent placeholder-shown:truncate px-2 py-[7px] text-base leading-[21px] outline-none md:text-sm md:leading-[21px]"
        />
        <button type="submit" className="btn btn-solid h-9" disabled={nothing || tooLong || uploading || !onSend}>
          <span className="max-sm:sr-only">
            {note ? inside.saveNote : asking ? inside.sendAnyway : words.conversation.send}
          </span>
          <SendHorizontal size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
      </div>
      <p role="status" className={asking ? "px-3 pb-2 text-warn-ink" : "sr-only"}>
        {asking && inside.answering(answering)}
      </p>
      {filesInNote && note && (
        <p role="alert" className="px-3 pb-2 text-bad-ink">
          {inside.noFilesInNotes}
        </p>
      )}
      {tooLong && (
        <p id={`${id}-error`} role="alert" className="px-3 pb-2 text-bad-ink">
          {words.conversation.tooLong}
        </p>
      )}
    </form>
  );
}
