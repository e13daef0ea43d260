// What is being attached: name, progress, what went wrong, and the way out.
import { RotateCw, X } from "lucide-react";
import type { Uploading } from "@/lib/chat/upload-list";
import type { Uploads } from "@/lib/chat/use-uploads";
import { shorten } from "@/lib/format/graphemes";
import { words as shared } from "../messages";
import { PassingButton } from "../passing-button";
import { words } from "./messages";

export function ComposerFiles({ uploads }: { uploads: Uploads }) {
  const { list, refused } = uploads;
  return (
    <>
      {refused && (
        <p role="alert" className="px-3 pt-2 wrap-anywhere text-bad-ink">
          {words.refused[refused.why](refused.name)}
        </p>
      )}
      {list.length > 0 && (
        <ul aria-label={words.attachments} className="flex flex-wrap gap-1.5 px-2.5 pt-2">
          {list.map((file) => (
            <File key={file.id} file={file} uploads={uploads} />
          ))}
        </ul>
      )}
    </>
  );
}

function File({ file, uploads }: { file: Uploading; uploads: Uploads }) {
  const percent = Math.round(file.part * 100);
  return (
    <li
      className={`flex max-w-full items-center gap-1.5 rounded-lg border px-2 py-1 text-xs ${file.error === null ? "border-line-2" : "border-bad text-bad-ink"}`}
    >
      <div className="min-w-0">
        <p className="max-w-[200px] truncate" title={file.name}>
          {shorten(file.name, 30)}
        </p>
        {file.error !== null && <p role="alert">{words.uploadFailed(file.error)}</p>}
      </div>
      {file.error === null && file.done === null && (
        <progress className="h-1.5 w-16" max={100} value={percent} aria-label={words.uploading(file.name, percent)} />
      )}
      {file.done && <span className="sr-only">{words.uploaded(file.name)}</span>}
      {file.error !== null && (
        <PassingButton
          className="btn btn-quiet btn-small px-1"
          aria-label={shared.tryAgain}
          onClick={() => uploads.again(file.id)}
        >
          <RotateCw size={13} strokeWidth={1.75} aria-hidden="true" />
        </PassingButton>
      )}
      <PassingButton
        className="btn btn-quiet btn-small px-1"
        aria-label={words.removeFile(file.name)}
        onClick={() => uploads.remove(file.id)}
      >
        <X size={13} strokeWidth={1.75} aria-hidden="true" />
      </PassingButton>
    </li>
  );
}
