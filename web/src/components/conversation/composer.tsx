// Where a message is written. Enter sends, Shift and Enter makes a new line; it grows to eight lines.
import { SendHorizontal } from "lucide-react";
import { type KeyboardEvent, useId, useLayoutEffect, useRef } from "react";
import { useDraft } from "@/lib/chat/use-draft";
import { words } from "../messages";

const MOST = 10_000;
const LINE = 21;

interface Props {
  /** Whose draft is kept, and of which conversation. */
  person: string;
  room: string;
  placeholder: string;
  onSend: (text: string) => void;
  onTyping: () => void;
}

export function Composer({ person, room, placeholder, onSend, onTyping }: Props) {
  const [text, setText] = useDraft(person, room);
  const box = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const tooLong = [...text].length > MOST;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const area = box.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, 8 * LINE + 14)}px`;
  }, [text]);

  const send = () => {
    if (text.trim() === "" || tooLong) return;
    onSend(text.trim());
    setText("");
    box.current?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    // While an input method composes (Bengali keyboards), Enter chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      className="mx-2.5 mt-1 mb-3 rounded-xl border border-field bg-surface shadow-2 focus-within:border-brand focus-within:ring-3 focus-within:ring-tint-2 md:mx-4"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label htmlFor={id} className="sr-only">
        {words.conversation.message}
      </label>
      <div className="flex items-end gap-2 p-1.5">
        <textarea
          id={id}
          ref={box}
          rows={1}
          value={text}
          placeholder={placeholder}
          aria-invalid={tooLong}
          aria-describedby={tooLong ? `${id}-error` : undefined}
          onChange={(event) => {
            setText(event.target.value);
            if (event.target.value) onTyping();
          }}
          onKeyDown={onKey}
          className="min-w-0 flex-1 resize-none bg-transparent px-2 py-[7px] text-base leading-[21px] outline-none md:text-sm md:leading-[21px]"
        />
        <button type="submit" className="btn btn-solid h-9" disabled={text.trim() === "" || tooLong}>
          <span className="max-sm:sr-only">{words.conversation.send}</span>
          <SendHorizontal size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
      </div>
      {tooLong && (
        <p id={`${id}-error`} role="alert" className="px-3 pb-2 text-bad-ink">
          {words.conversation.tooLong}
        </p>
      )}
    </form>
  );
}
