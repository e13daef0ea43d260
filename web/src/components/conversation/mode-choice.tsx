// Whether an answer to the customer or a private note is written.
import { words } from "./messages";

export function ModeChoice({ note, onChange }: { note: boolean; onChange: (note: boolean) => void }) {
  return (
    <fieldset className="flex gap-1 px-2 pt-1.5">
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
    </fieldset>
  );
}
