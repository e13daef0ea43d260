// A part that could not be loaded, in place: what is already there stays visible around it.
import { CircleAlert } from "lucide-react";
import { writtenIn } from "@/lib/language";
import { words } from "./messages";
import { PassingButton } from "./passing-button";

export function Problem({ text, onRetry }: { text: string; onRetry?: () => void }) {
  return (
    <div
      role="alert"
      className="flex items-start gap-2 rounded-lg border border-bad-line bg-bad-tint px-3 py-2 text-bad-ink"
    >
      <CircleAlert size={16} strokeWidth={1.75} className="mt-0.5 flex-none" aria-hidden="true" />
      <span className="min-w-0 flex-1" {...writtenIn(text)}>
        {text}
      </span>
      {onRetry && (
        <PassingButton className="btn btn-line btn-small" onClick={onRetry}>
          {words.tryAgain}
        </PassingButton>
      )}
    </div>
  );
}
