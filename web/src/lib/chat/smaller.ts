// A camera's picture is made smaller before it is uploaded: 5 MB take a slow phone longer than the server waits, and on
// a screen they show no more. What the picture would suffer from, or this browser cannot do, is left as it is.
import { redraw, type Task } from "./redraw";
import type { Answer } from "./redraw-worker";
import { typeOf } from "./upload";

/** Bytes that every line carries; drawing them anew would only blur them. */
const LIGHT = 500_000;
/** Where what says that a picture moves stands, before its pixels. */
const HEAD = 65_536;

/** The smaller one, of the same type and name, where there is one; else `file` itself. */
export async function smaller(file: File): Promise<File> {
  if (file.size < LIGHT) return file;
  try {
    const type = await typeOf(file);
    if (!canBeSmaller(type) || (await moves(file, type))) return file;
    const drawn = await redrawn({ file, type });
    // A browser that cannot write WebP writes PNG.
    return drawn?.type === type && drawn.size < file.size ? new File([drawn], file.name, { type }) : file;
  } catch {
    return file; // no memory for it, or no such decoder
  }
}

export function canBeSmaller(type: string | null): type is string {
  return type === "image/jpeg" || type === "image/png" || type === "image/webp";
}

/** Drawn anew only its first picture would be left. */
async function moves(file: File, type: string): Promise<boolean> {
  const head = new TextDecoder("latin1").decode(await file.slice(0, HEAD).arrayBuffer());
  if (type === "image/webp") return head.slice(12, 16) === "VP8X" && (head.charCodeAt(20) & 2) !== 0;
  return type === "image/png" && (head.split("IDAT", 1)[0] ?? "").includes("acTL");
}

/** It would hold a slow phone's page for seconds: a thread of its own does it, where the browser has one that can. */
async function redrawn(task: Task): Promise<Blob | null> {
  if (typeof Worker === "undefined" || typeof OffscreenCanvas === "undefined") return redraw(task);
  const thread = new Worker(new URL("./redraw-worker.ts", import.meta.url), { type: "module" });
  try {
    const answer = await new Promise<Answer>((done) => {
      thread.onmessage = ({ data }) => done(data);
      thread.onerror = () => done({ failed: "its script did not come" });
      thread.postMessage(task);
    });
    return "drawn" in answer ? answer.drawn : await redraw(task);
  } finally {
    thread.terminate(); // a picture is large in memory
  }
}
