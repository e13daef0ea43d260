import { expect, test } from "vitest";
import { stayWhenFilesAreDropped } from "./dropped-files";

stayWhenFilesAreDropped();

function kept(name: string, types: string[]): boolean {
  const event = Object.assign(new Event(name, { cancelable: true }), { dataTransfer: { types } });
  window.dispatchEvent(event);
  return event.defaultPrevented;
}

test("a file that is dropped where nobody takes files does not replace the page", () => {
  expect([kept("dragover", ["Files"]), kept("drop", ["Files"])]).toEqual([true, true]);
});

test("a text that is dragged is the browser's", () => {
  expect([kept("dragover", ["text/plain"]), kept("drop", ["text/plain"])]).toEqual([false, false]);
});
