import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { smaller } from "./smaller";
import { typeOf } from "./upload";

const HEAVY = 5_000_000;
const JPEG = "\xff\xd8\xff\xe0";
const PNG = "\x89PNG\r\n\x1a\n";
const webp = (flags: string) => `RIFF\0\0\0\0WEBPVP8X\n\0\0\0${flags}\0\0\0`;

/** What the browser makes of a picture; jsdom draws none. */
let drawn: { width: number; height: number; type: string; bytes: number; fails: boolean };
let canvases: HTMLCanvasElement[];
let strokes: unknown[][];
let held: Set<File>; // pictures in the browser's memory

beforeEach(() => {
  drawn = { width: 4_000, height: 3_000, type: "", bytes: 700_000, fails: false };
  canvases = [];
  strokes = [];
  held = new Set();
  vi.stubGlobal("createImageBitmap", async (file: File) => {
    if (drawn.fails) throw new DOMException("", "InvalidStateError");
    held.add(file);
    return { width: drawn.width, height: drawn.height, close: () => void held.delete(file) };
  });
  const pen = { drawImage: (_: unknown, ...where: number[]) => strokes.push(where) };
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(pen as never);
  vi.spyOn(HTMLCanvasElement.prototype, "toBlob").mockImplementation(function (this: HTMLCanvasElement, done, type) {
    canvases.push(this);
    done(new Blob([new Uint8Array(drawn.bytes)], { type: drawn.type || (type ?? "") }));
  });
});
afterEach(() => {
  expect(held.size, "no picture stays in memory").toBe(0);
  vi.restoreAllMocks();
});

function picture(start: string, size = HEAVY, name = "photo"): File {
  const bytes = new Uint8Array(size);
  bytes.set([...start].map((letter) => letter.charCodeAt(0)));
  return new File([bytes], name);
}

test.each([
  ["JPEG", JPEG, 4_000, 3_000, [2_048, 1_536]],
  ["upright JPEG", JPEG, 3_000, 4_000, [1_536, 2_048]],
  ["PNG", `${PNG}    IHDR    IDAT then acTL among the pixels`, 4_000, 4_000, [2_048, 2_048]],
  ["WebP", webp("\x10"), 2_048, 1_000, [2_048, 1_000]],
  ["WebP of pixels alone", "RIFF\0\0\0\0WEBPVP8 \0\0\0\0\x02", 2_048, 1_000, [2_048, 1_000]],
  ["small JPEG of many bytes, never enlarged", JPEG, 800, 600, [800, 600]],
])(
  "a heavy %s goes up whole and smaller, as the same type under the same name",
  async (_, start, width, height, size) => {
    Object.assign(drawn, { width, height });
    const given = picture(start, HEAVY, "IMG_0001");
    const sent = await smaller(given);
    expect([sent.size, sent.name, sent.type]).toEqual([700_000, "IMG_0001", await typeOf(given)]);
    expect(canvases.map((canvas) => [canvas.width, canvas.height])).toEqual([size]);
    expect(strokes).toEqual([[0, 0, ...size]]);
  },
);

test.each([
  ["light", picture(JPEG, 400_000), {}],
  ["GIF", picture("GIF89a"), {}],
  ["PDF", picture("%PDF-1.7"), {}],
  ["moving WebP", picture(webp("\x12")), {}],
  ["moving PNG", picture(`${PNG}    IHDR    acTL    IDAT`), {}],
  ["long screenshot", picture(JPEG), { width: 1_080, height: 9_000 }],
  ["panorama", picture(JPEG), { width: 9_000, height: 1_080 }],
  ["picture that this browser cannot draw", picture(JPEG), { fails: true }],
  ["picture that would become heavier", picture(JPEG), { bytes: HEAVY }],
  ["WebP where the browser writes none", picture(webp("\0")), { type: "image/png" }],
])("a %s goes up as it is", async (_, given, how) => {
  Object.assign(drawn, how);
  expect(await smaller(given)).toBe(given);
});

test("a file that can no longer be read goes on as it is: its upload says so", async () => {
  const gone = picture(JPEG);
  gone.slice = () => ({ arrayBuffer: () => Promise.reject(new DOMException("", "NotFoundError")) }) as Blob;
  expect(await smaller(gone)).toBe(gone);
});

test.each([
  ["draws it", { drawn: new Blob([new Uint8Array(300_000)], { type: "image/jpeg" }) }, 300_000, 0],
  ["says its shape forbids it", { drawn: null }, HEAVY, 0],
  ["cannot draw", { failed: "no memory" }, 700_000, 1],
  ["does not come", null, 700_000, 1],
])("where a thread of its own %s, the page draws only what else would not be drawn", async (_, answer, size, here) => {
  const ended = vi.fn();
  class Thread {
    onmessage = (_: object) => {};
    onerror = () => {};
    terminate = ended;
    postMessage() {
      if (answer) this.onmessage({ data: answer });
      else this.onerror();
    }
  }
  vi.stubGlobal("Worker", Thread);
  vi.stubGlobal("OffscreenCanvas", class {});
  expect((await smaller(picture(JPEG))).size).toBe(size);
  expect([canvases.length, ended.mock.calls.length]).toEqual([here, 1]);
});
