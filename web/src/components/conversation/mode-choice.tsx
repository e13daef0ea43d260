// Whether an answer to the customer or a private note is written, and that what is begun is kept. Where nothing is begun,
// the way to the saved replies.
import type { Kept } from "@/lib/chat/drafts";
import { words } from "./messages";

interface Props {
  note: boolean;
  onChange: (note: boolean) => void;
  /** Where the draft is kept; null where none is, or it is on its way. */
  kept: Kept;
  /** Begins a saved reply; null where there is none to begin. */
  onReplies: (() => void) | null;
}

export function ModeChoice({ note, onChange, kept, onReplies }: Props) {
  return (
    <fieldset className="flex items-center gap-1 px-2 pt-1.5 max-xs:flex-wrap">
      <legend className="sr-only">{words.mode}</legend>
      {[false, true].map((one) => (
        <button
          key={String(one)}
          type="button"
          aria-pressed={note === one}
          className={`btn btn-small ${note === one ? "btn-line" : "btn-quiet"}`}
          onClick={() => onChange(one)}
        >
          {one ? words.note : words.reply}
        </button>
      ))}
      {kept && <span className="ml-auto truncate pr-1 text-xs text-ink-2">{words.draftKept[kept]}</span>}
      {onReplies && (
        <button type="button" className="btn btn-quiet btn-small ml-auto font-normal" onClick={onReplies}>
          {words.repliesHint}
        </button>
      )}
    </fieldset>
  );
}
