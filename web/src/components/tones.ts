// The colours of a state: a frame, and the words in it. Colour never stands alone; a word or an icon is beside it.
export type Tone = "good" | "warn" | "bad";

export const FRAMES: Readonly<Record<Tone, string>> = {
  good: "border-accent-line bg-tint",
  warn: "border-warn-line bg-warn-tint",
  bad: "border-bad-line bg-bad-tint",
};

export const INKS: Readonly<Record<Tone, string>> = {
  good: "text-accent-ink",
  warn: "text-warn-ink",
  bad: "text-bad-ink",
};
