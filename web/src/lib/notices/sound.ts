// The sounds, made by the browser: two notes up for a paid booking, one for a message, a low one for a connection that is
// lost. Browsers let a page sound only after somebody has touched it.

const NOTES = { booking: [659.3, 880], message: [740], lost: [196] } as const;
const LENGTH = 0.22;
const LOUDNESS = 0.16;

let audio: AudioContext | null = null;

/** Whether it was heard. */
export async function play(kind: keyof typeof NOTES): Promise<boolean> {
  if (typeof AudioContext === "undefined" || !mayPlay()) return false;
  audio ??= new AudioContext();
  if (audio.state !== "running") await audio.resume();
  const start = audio.currentTime + 0.02;
  NOTES[kind].forEach((pitch, place) => {
    note(audio as AudioContext, pitch, start + place * LENGTH * 0.8);
  });
  return true;
}

/** Whether this tab was touched, so that the browser lets it play. */
export function mayPlay(): boolean {
  return navigator.userActivation?.hasBeenActive ?? true;
}

function note(context: AudioContext, pitch: number, start: number): void {
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = pitch;
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(LOUDNESS, start + 0.015);
  volume.gain.exponentialRampToValueAtTime(0.001, start + LENGTH);
  tone.connect(volume).connect(context.destination);
  tone.start(start);
  tone.stop(start + LENGTH);
}
