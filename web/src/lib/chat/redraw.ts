// Drawing a picture anew, smaller: on a thread of its own by redraw-worker.ts, or on the page's own.
const LONGER_SIDE = 2_048;
const QUALITY = 0.85;
/** Longer than this for its width it is a screenshot of a whole talk or a panorama: shrunk, nobody could read it. */
const LONGEST_SHAPE = 2.5;

/** What the thread is told. */
export interface Task {
  file: Blob;
  type: string;
}

/** Null where its shape forbids it. It stands as its camera was held: who looks at it is told nothing of that then. */
export async function redraw({ file, type }: Task): Promise<Blob | null> {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    const [longer, other] = [Math.max(picture.width, picture.height), Math.min(picture.width, picture.height)];
    if (longer > LONGEST_SHAPE * other) return null;
    const scale = Math.min(1, LONGER_SIDE / longer);
    return await drawn(picture, Math.round(picture.width * scale), Math.round(picture.height * scale), type);
  } finally {
    picture.close();
  }
}

async function drawn(picture: ImageBitmap, width: number, height: number, type: string): Promise<Blob | null> {
  const canvas =
    typeof document === "undefined" ? new OffscreenCanvas(width, height) : document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
  if (!pen) return null;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, width, height);
  if ("convertToBlob" in canvas) return canvas.convertToBlob({ type, quality: QUALITY });
  return new Promise((done) => canvas.toBlob(done, type, QUALITY));
}
