// Files that are dropped on the page, wherever that is, go to whoever takes files. Where nobody does they do nothing:
// a browser would show the file in the page's place, and the desk and what was being written would be gone.
import { useEffect, useEffectEvent } from "react";

const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files");

function stay(event: DragEvent): void {
  if (hasFiles(event)) event.preventDefault();
}

/** For as long as the page is. */
export function stayWhenFilesAreDropped(): void {
  window.addEventListener("dragover", stay);
  window.addEventListener("drop", stay);
}

export function useDroppedFiles(take: (files: FileList) => void): void {
  const onDrop = useEffectEvent((event: DragEvent) => {
    if (event.dataTransfer && hasFiles(event)) take(event.dataTransfer.files);
  });
  useEffect(() => {
    window.addEventListener("drop", onDrop);
    return () => window.removeEventListener("drop", onDrop);
  }, []);
}
