import { Paperclip } from "lucide-react";
import { useRef } from "react";
import { ACCEPTED } from "@/lib/chat/upload";
import { words } from "./messages";

export function AttachButton({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        accept={ACCEPTED}
        data-testid="files"
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])]);
          target.value = ""; // or the same file could not be chosen again
        }}
      />
      <button
        type="button"
        className="btn btn-quiet h-9 px-2"
        aria-label={words.attach}
        title={words.attach}
        onClick={() => picker.current?.click()}
      >
        <Paperclip size={16} strokeWidth={1.75} aria-hidden="true" />
      </button>
    </>
  );
}
