// How somebody wants the keyboard, kept in this browser and the same on all its tabs.
import { stored } from "../stored";

interface KeySettings {
  /** Whether single letters are commands. */
  letters: boolean;
  /** Which of the two sends a message. */
  send: "enter" | "mod";
}

export const keySettings = stored<KeySettings>("carevia-keys", (given) => {
  const one = (given ?? {}) as Partial<KeySettings>;
  return { letters: one.letters !== false, send: one.send === "mod" ? "mod" : "enter" };
});
