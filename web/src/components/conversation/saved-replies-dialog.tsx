// Saved replies are written, changed and removed here.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Pencil, Trash2 } from "lucide-react";
import { useId, useState } from "react";
import { ApiError } from "@/lib/api/http";
import { removeReply, repliesQuery, type SavedReply, saveReply } from "@/lib/chat/saved-replies";
import { Dialog } from "../dialog";
import { words } from "./messages";

const NEW = { shortcut: "", text: "" };

export function SavedRepliesDialog({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const { data, error } = useQuery(repliesQuery);
  const [draft, setDraft] = useState<{ id?: string; shortcut: string; text: string }>(NEW);
  const [problem, setProblem] = useState<string | null>(null);
  const id = useId();

  const run = async (work: () => Promise<unknown>) => {
    try {
      await work();
      setProblem(null);
      setDraft(NEW);
      await queries.invalidateQueries({ queryKey: repliesQuery.queryKey });
    } catch (failure) {
      setProblem(failure instanceof ApiError ? failure.message : String(failure));
    }
  };
  return (
    <Dialog title={words.replies} onClose={onClose}>
      {error && <p role="alert">{words.repliesFailed(error.message)}</p>}
      <ul className="my-2 max-h-60 overflow-y-auto">
        {data?.map((reply) => (
          <Row
            key={reply.id}
            reply={reply}
            onEdit={() => setDraft(reply)}
            onRemove={() => void run(() => removeReply(reply.id))}
          />
        ))}
      </ul>
      <form
        className="grid gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          event.stopPropagation(); // React tells the composer's form of it too, which would send what stands there
          void run(() => saveReply(draft));
        }}
      >
        <h3 className="font-[650]">{draft.id ? words.editReply(draft.shortcut) : words.newReply}</h3>
        <label htmlFor={`${id}-word`}>{words.shortcut}</label>
        <input
          id={`${id}-word`}
          required
          maxLength={40}
          pattern="[^\s\/]+"
          className="field"
          value={draft.shortcut}
          onChange={(event) => setDraft({ ...draft, shortcut: event.target.value })}
        />
        <label htmlFor={`${id}-text`}>{words.replyText}</label>
        <textarea
          id={`${id}-text`}
          required
          rows={4}
          className="field h-auto py-2"
          value={draft.text}
          onChange={(event) => setDraft({ ...draft, text: event.target.value })}
        />
        {problem && (
          <p role="alert" className="text-bad-ink">
            {problem}
          </p>
        )}
        <button type="submit" className="btn btn-solid justify-self-start">
          {words.saveReply}
        </button>
      </form>
    </Dialog>
  );
}

function Row({ reply, onEdit, onRemove }: { reply: SavedReply; onEdit: () => void; onRemove: () => void }) {
  return (
    <li className="flex items-center gap-2 border-b border-line py-1.5">
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
        onClick={onRemove}
      >
        <Trash2 size={15} strokeWidth={1.75} aria-hidden="true" />
      </button>
    </li>
  );
}
