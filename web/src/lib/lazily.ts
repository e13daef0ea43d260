// Parts of a page that are loaded when they are needed. A browser remembers that a script did not come, and asks for it
// never again: so a part that is missing after a restart, a tunnel, or the installation of a new version comes with the
// whole page, which is loaded anew as soon as the server answers. What was written waits in the browser meanwhile.
import { type ComponentType, lazy } from "react";

const PAUSE = 1_000;

export function lazily<Props>(load: () => Promise<ComponentType<Props>>) {
  return lazy(async () => ({ default: await orAnew(load) }));
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
  const last = Number(sessionStorage.getItem(KEY) ?? 0);
  if (Date.now() - last < OFTEN) return false;
  while (!(await answers())) await new Promise((done) => setTimeout(done, PAUSE));
  sessionStorage.setItem(KEY, String(Date.now()));
  window.location.reload();
  return true;
}

async function answers(): Promise<boolean> {
  return fetch("/healthz", { cache: "no-store" }).then(
    (answer) => answer.ok,
    () => false,
  );
}
