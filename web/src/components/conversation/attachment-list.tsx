// What is attached to a message. Pictures have one size, whatever they are: nothing moves when they have loaded.
import { FileText } from "lucide-react";
import type { Attachment } from "@/lib/chat/conversation";
import { addressOf } from "@/lib/chat/upload";
import { bytes } from "@/lib/format/bytes";
import { shorten } from "@/lib/format/graphemes";
import { words } from "./messages";

export function AttachmentList({ attachments }: { attachments: readonly Attachment[] }) {
  if (attachments.length === 0) return null;
  return (
    <ul aria-label={words.attachments} className="my-0.5 flex max-w-full flex-wrap gap-1.5">
      {attachments.map((one) => (
        <li key={one.id} className="max-w-full">
          {one.type.startsWith("image/") ? <Picture picture={one} /> : <File file={one} />}
        </li>
      ))}
    </ul>
  );
}

function Picture({ picture }: { picture: Attachment }) {
  return (
    <a href={addressOf(picture)} target="_blank" rel="noopener noreferrer" className="block" title={picture.name}>
      <img
        src={addressOf(picture)}
        alt={words.picture(picture.name)}
        loading="lazy"
        width={224}
        height={160}
        className="h-40 w-56 max-w-full rounded-[10px] border border-line bg-sunken object-cover"
      />
    </a>
  );
}

function File({ file }: { file: Attachment }) {
  const size = bytes(file.size);
  return (
    <a
      href={addressOf(file)}
      download={file.name}
      aria-label={words.file(file.name, size)}
      className="flex min-h-11 max-w-full items-center gap-2 rounded-[10px] border border-line-2 bg-surface px-3 py-1.5 text-sm text-ink"
    >
      <FileText size={18} strokeWidth={1.75} className="flex-none text-ink-3" aria-hidden="true" />
      <span className="min-w-0 truncate" title={file.name}>
        {shorten(file.name, 40)}
      </span>
      <span className="flex-none text-xs text-ink-3">{size}</span>
    </a>
  );
}
