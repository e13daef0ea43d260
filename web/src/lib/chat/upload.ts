// One upload: bytes to the server with progress, under an id of its own, so that a retry is the same attachment.
// XMLHttpRequest, because fetch does not say how far an upload has got.
import { ApiError } from "@/lib/api/http";
import type { Attachment } from "./conversation";

export const LARGEST = 10_000_000;
export const MOST = 10;
export const ACCEPTED = "image/jpeg,image/png,image/webp,image/gif,application/pdf";

export interface Upload {
  /** Throws ApiError. It may be called again, and what goes on then is given up: it neither ends nor throws. */
  send: (onProgress: (part: number) => void) => Promise<Attachment>;
  cancel: () => void;
}

export function upload(roomId: string, id: string, file: File): Upload {
  let running: XMLHttpRequest | null = null;
  return {
    cancel: () => running?.abort(),
    send: (onProgress) =>
      new Promise((done, fail) => {
        running?.abort();
        const asked = new XMLHttpRequest();
        running = asked;
        const query = new URLSearchParams({ roomId, id, name: file.name });
        asked.open("POST", `/api/chat/attachment?${query}`);
        asked.setRequestHeader("accept", "application/json");
        asked.setRequestHeader("content-type", "application/octet-stream");
        asked.upload.onprogress = (event) => onProgress(event.total ? event.loaded / event.total : 0);
        asked.onload = () => {
          const envelope = parsed(asked.responseText);
          if (asked.status === 200 && envelope?.data) done(envelope.data);
          else fail(new ApiError(asked.status, envelope?.message ?? null));
        };
        asked.onerror = () => fail(new ApiError(0, null));
        asked.send(file);
      }),
  };
}

/** What it is by its first bytes, null for what is neither a picture nor a PDF: the server's rule, known before ten
 * megabytes are sent. */
export async function typeOf(file: File): Promise<string | null> {
  const start = new Uint8Array(await file.slice(0, 12).arrayBuffer());
  const text = String.fromCharCode(...start);
  if (text.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (text.startsWith("GIF87a") || text.startsWith("GIF89a")) return "image/gif";
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return "image/webp";
  return text.startsWith("%PDF-") ? "application/pdf" : null;
}

export const addressOf = ({ id }: Attachment): string => `/api/chat/attachment?id=${encodeURIComponent(id)}`;

function parsed(text: string): { data?: Attachment; message?: string } | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
