// The sounds, made by the browser: two notes up for a paid booking, one for a message, a low one for a connection that is
// lost. Browsers let a page sound only after somebody has touched it.

const NOTES = { booking: [659.3, 880], message: [740], lost: [196] } as const;
const LENGTH = 0.22;
const LOUDNESS = 0.16;
const TOUCHES = ["click", "keydown"] as const;
/** ms. What the browser held back for longer is no news when it lets it go. */
const LATE = 2_000;

let audio: AudioContext | null = null;

/** From now on a touch lets this tab sound, until the returned function is called. Safari has to be asked within it. */
export function soundOnTouch(): () => void {
  const touched = () => void begin();
  touched(); // it may have been touched on the page before this one
  for (const name of TOUCHES) window.addEventListener(name, touched, true);
  return () => {
    for (const name of TOUCHES) window.removeEventListener(name, touched, true);
  };
}

/** Whether it was heard. */
export async function play(kind: keyof typeof NOTES): Promise<boolean> {
  const asked = Date.now();
  await begin();
  if (!audio || !mayPlay() || Date.now() - asked > LATE) return false;
  const context = audio;
  const start = context.currentTime + 0.02;
  NOTES[kind].forEach((pitch, place) => {
    note(context, pitch, start + place * LENGTH * 0.8);
  });
  return true;
}

/** Whether the browser lets this tab play. */
export function mayPlay(): boolean {
  return audio?.state === "running";
}

async function begin(): Promise<void> {
  if (typeof AudioContext === "undefined" || !(navigator.userActivation?.hasBeenActive ?? true)) return;
  audio ??= new AudioContext();
  if (audio.state !== "running") await audio.resume().catch(() => {}); // a machine that has no sound
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
