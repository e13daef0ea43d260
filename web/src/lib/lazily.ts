// Parts of a page that are loaded when they are needed. A browser remembers that a script did not come, and asks for it
// never again: so a part that is missing after a restart, a tunnel, or the installation of a new version comes with the
// whole page, which is loaded anew as soon as the server answers. What was written waits in the browser meanwhile.
import { type ComponentType, createElement, lazy, useState } from "react";

const PAUSE = 1_000;

/** A part that can be there beforehand: then it is drawn at once. One that is waited for comes up to 300 ms later than its
 * script, for so long React holds back what takes the place of a fallback. */
export function lazily<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  let loaded: ComponentType<Props> | null = null;
  const get = async () => {
    loaded ??= await load();
    return loaded;
  };
  const Later = lazy(async () => ({ default: await orAnew(get) }));
  function Part(props: Props) {
    // Chosen when it is first drawn, and kept: with another component the state of this one would be gone.
    const [Chosen] = useState(() => loaded ?? Later);
    return createElement(Chosen as ComponentType<Props>, props);
  }
  /** Does not throw: what did not come is asked for again when it is wanted. The router calls this for its pages. */
  Part.preload = async (): Promise<void> => {
    await get().catch(() => {});
  };
  return Part;
}

export async function orAnew<T>(load: () => Promise<T>, reload = loadAnew): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!(await reload())) throw error;
    return new Promise(() => {}); // this page is about to end
  }
}

const KEY = "carevia-loaded-anew";
const OFTEN = 60_000;

/** Whether the page is loaded anew: not if that was done a moment ago, and has not helped. */
async function loadAnew(): Promise<boolean> {
  if (!remembers() || Date.now() - Number(sessionStorage.getItem(KEY) ?? 0) < OFTEN) return false;
  while (!(await answers())) await new Promise((done) => setTimeout(done, PAUSE));
  sessionStorage.setItem(KEY, String(Date.now()));
  window.location.reload();
  return true;
}

/** Where the browser is forbidden to keep anything nobody would know that it has not helped. */
function remembers(): boolean {
  try {
    return sessionStorage !== null;
  } catch {
    return false;
  }
}

async function answers(): Promise<boolean> {
  return fetch("/healthz", { cache: "no-store" }).then(
    (answer) => answer.ok,
    () => false,
  );
}
