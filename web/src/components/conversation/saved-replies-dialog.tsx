// Saved replies are written, changed and removed here. They are everybody's, so removing one is asked about; what is being
// written stays, whatever is done to the others.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Pencil, Trash2 } from "lucide-react";
import { type FormEvent, useId, useRef, useState } from "react";
import { ApiError } from "@/lib/api/http";
import { removeReply, repliesQuery, type SavedReply, saveReply } from "@/lib/chat/saved-replies";
import { Dialog } from "../dialog";
import { PassingButton } from "../passing-button";
import { words } from "./messages";

interface Draft {
  id?: string;
  shortcut: string;
  text: string;
}

const NEW: Draft = { shortcut: "", text: "" };

export function SavedRepliesDialog({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const { data, error } = useQuery(repliesQuery);
  const [draft, setDraft] = useState(NEW);
  const [problem, setProblem] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);

  const run = async <T,>(work: () => Promise<T>, next: (draft: Draft, done: T) => Draft) => {
    try {
      const done = await work();
      setProblem(null);
      setDraft((now) => next(now, done));
      await queries.invalidateQueries({ queryKey: repliesQuery.queryKey });
    } catch (failure) {
      setProblem(failure instanceof ApiError ? failure.message : String(failure));
    }
  };
  // Of the one that is changed its words are left, as a new one.
  const remove = ({ id }: SavedReply) =>
    run(
      () => removeReply(id),
      (now) => (now.id === id ? { shortcut: now.shortcut, text: now.text } : now),
    );
  // Twice the same one would be refused, as its word is taken. Who has written on goes on with what is saved by then.
  const save = async () => {
    if (saving) return;
    setSaving(true);
    await run(
      () => saveReply(draft),
      (now, { id }) => (now === draft ? NEW : now.id === draft.id ? { ...now, id } : now),
    );
    setSaving(false);
  };
  return (
    <Dialog title={words.replies} onClose={onClose}>
      {error && <p role="alert">{words.repliesFailed(error.message)}</p>}
      <ul className="my-2 max-h-60 overflow-y-auto">
        {data?.map((reply) => (
          <Row key={reply.id} reply={reply} onEdit={() => setDraft(reply)} onRemove={() => void remove(reply)} />
        ))}
      </ul>
      <ReplyForm draft={draft} onChange={setDraft} problem={problem} saving={saving} onSave={() => void save()} />
    </Dialog>
  );
}

interface FormProps {
  draft: Draft;
  onChange: (draft: Draft) => void;
  /** What the server said. */
  problem: string | null;
  saving: boolean;
  onSave: () => void;
}

function ReplyForm({ draft, onChange, problem, saving, onSave }: FormProps) {
  const [wrong, setWrong] = useState<{ shortcut?: string; text?: string }>({});
  const shortcut = useRef<HTMLInputElement>(null);
  const text = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation(); // React tells the composer's form of it too, which would send what stands there
    const found = {
      ...(!/^[^\s/]+$/u.test(draft.shortcut) && { shortcut: words.shortcutWrong }),
      ...(draft.text.trim() === "" && { text: words.replyTextMissing }),
    };
    setWrong(found);
    if (found.shortcut) shortcut.current?.focus();
    else if (found.text) text.current?.focus();
    else onSave();
  };
  return (
    <form className="grid gap-2" noValidate onSubmit={submit}>
      <h3 className="font-[650]">{draft.id ? words.editReply(draft.shortcut) : words.newReply}</h3>
      <label htmlFor={`${id}-word`}>{words.shortcut}</label>
      <input
        id={`${id}-word`}
        ref={shortcut}
        maxLength={40}
        className="field"
        value={draft.shortcut}
        aria-invalid={wrong.shortcut !== undefined}
        aria-describedby={`${id}-word-problem`}
        onChange={(event) => onChange({ ...draft, shortcut: event.target.value })}
      />
      <FieldProblem id={`${id}-word-problem`} text={wrong.shortcut} />
      <label htmlFor={`${id}-text`}>{words.replyText}</label>
      <textarea
        id={`${id}-text`}
        ref={text}
        rows={4}
        className="field h-auto py-2"
        value={draft.text}
        aria-invalid={wrong.text !== undefined}
        aria-describedby={`${id}-text-problem`}
        onChange={(event) => onChange({ ...draft, text: event.target.value })}
      />
      <FieldProblem id={`${id}-text-problem`} text={wrong.text ?? problem ?? undefined} />
      <button type="submit" className="btn btn-solid justify-self-start" aria-disabled={saving}>
        {words.saveReply}
      </button>
    </form>
  );
}

function FieldProblem({ id, text }: { id: string; text: string | undefined }) {
  return (
    <p id={id} role="alert" className="text-bad-ink empty:hidden">
      {text}
    </p>
  );
}

function Row({ reply, onEdit, onRemove }: { reply: SavedReply; onEdit: () => void; onRemove: () => void }) {
  const [asked, setAsked] = useState(false);
  return (
    <li className="flex flex-wrap items-center gap-2 border-b border-line py-1.5">
      <span className="flex-none font-[550]">/{reply.shortcut}</span>
      <span className="min-w-0 flex-1 truncate text-ink-2">{reply.text}</span>
      <button
        type="button"
        className="btn btn-quiet px-2"
        aria-label={words.editReply(reply.shortcut)}
        onClick={onEdit}
      >
        <Pencil size={15} strokeWidth={1.75} aria-hidden="true" />
      </button>
      <button
        type="button"
        className="btn btn-quiet px-2"
        aria-label={words.removeReply(reply.shortcut)}
        aria-expanded={asked}
        onClick={() => setAsked(!asked)}
      >
        <Trash2 size={15} strokeWidth={1.75} aria-hidden="true" />
      </button>
      {asked && (
        <p role="alert" className="flex w-full flex-wrap items-center justify-end gap-2 text-bad-ink">
          {words.removeForAll(reply.shortcut)}
          <PassingButton className="btn btn-line btn-small" handOver={toWord} onClick={onRemove}>
            {words.remove}
          </PassingButton>
        </p>
      )}
    </li>
  );
}

/** What has the focus goes with its row: on with what is being written. */
function toWord(button: HTMLElement): void {
  button.closest("dialog")?.querySelector("input")?.focus();
}
