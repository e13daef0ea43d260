// A camera's picture is made smaller before it is uploaded: 5 MB take a slow phone longer than the server waits, and on
// a screen they show no more. What the picture would suffer from, or this browser cannot do, is left as it is.
import { typeOf } from "./upload";

const LONGER_SIDE = 2_048;
const QUALITY = 0.85;
/** Bytes that every line carries; drawing them anew would only blur them. */
const LIGHT = 500_000;
/** Longer than this for its width it is a screenshot of a whole talk or a panorama: shrunk, nobody could read it. */
const LONGEST_SHAPE = 2.5;
/** Where what says that a picture moves stands, before its pixels. */
const HEAD = 65_536;

/** The smaller one, of the same type and name, where there is one; else `file` itself. */
export async function smaller(file: File): Promise<File> {
  if (file.size < LIGHT) return file;
  try {
    const type = await typeOf(file);
    if (!canBeSmaller(type) || (await moves(file, type))) return file;
    const drawn = await redrawn(file, type);
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

/** Null where its shape forbids it. It stands as its camera was held: who looks at it is told nothing of that then. */
async function redrawn(file: File, type: string): Promise<Blob | null> {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    const [longer, other] = [Math.max(picture.width, picture.height), Math.min(picture.width, picture.height)];
    if (longer > LONGEST_SHAPE * other) return null;
    const scale = Math.min(1, LONGER_SIDE / longer);
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const pen = canvas.getContext("2d");
    if (!pen) return null;
    pen.imageSmoothingQuality = "high";
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => canvas.toBlob(done, type, QUALITY));
  } finally {
    picture.close();
  }
}
