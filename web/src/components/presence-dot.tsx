// Whether somebody is there: full = online, ring = away (amber) or offline (grey). The word stands beside it or is spoken.
import type { PresenceState } from "@/lib/presence/presence";
import { words } from "./messages";

const LOOKS = {
  here: "border-brand bg-brand",
  away: "border-warn bg-surface",
  offline: "border-field bg-surface",
} as const;

/** Sits on the corner of an avatar; nothing where nobody knows. */
export function PresenceDot({ state }: { state: PresenceState | null }) {
  if (!state) return null;
  return (
    <span
      data-presence={state}
      title={words.presence[state]}
      className={`absolute -right-0.5 -bottom-0.5 size-3 rounded-full border-[3px] ring-2 ring-surface ${LOOKS[state]}`}
    >
      <span className="sr-only">{words.presence[state]}</span>
    </span>
  );
}
