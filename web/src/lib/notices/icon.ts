// The tab's icon with a count on it, drawn on a canvas; without one it is the file again. An installed page has the count
// on its own icon too.
import { useEffect } from "react";

const SIZE = 64;

export function useIcon(count: number): void {
  const label = count > 9 ? "9+" : count > 0 ? String(count) : "";
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (!link) return;
    link.dataset.plain ??= link.getAttribute("href") ?? "";
    const { plain } = link.dataset;
    const drawn = label ? draw(label) : null;
    link.type = drawn ? "image/png" : "image/svg+xml";
    link.href = drawn ?? plain;
    return () => {
      link.type = "image/svg+xml";
      link.href = plain;
    };
  }, [label]);
  useEffect(() => badge(count), [count]);
  useEffect(() => () => badge(0), []);
}

function badge(count: number): void {
  const app: { setAppBadge?: (count: number) => Promise<void> } = navigator;
  void app.setAppBadge?.(count).catch(() => {}); // where the page is not installed
}

function draw(label: string): string | null {
  const canvas = document.createElement("canvas");
  canvas.width = SIZE;
  canvas.height = SIZE;
  const pen = canvas.getContext?.("2d");
  if (!pen) return null;
  pen.fillStyle = "#047857";
  pen.roundRect(0, 0, SIZE, SIZE, 18);
  pen.fill();
  pen.lineWidth = 6;
  pen.lineCap = "round";
  pen.strokeStyle = "#ffffff";
  pen.beginPath();
  pen.arc(28, 32, 14.4, 0.7, -0.7);
  pen.stroke();
  pen.fillStyle = "#c0352b";
  pen.beginPath();
  pen.arc(43, 21, 21, 0, 2 * Math.PI);
  pen.fill();
  pen.fillStyle = "#ffffff";
  pen.font = "bold 30px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(label, 43, 22);
  return canvas.toDataURL("image/png");
}
