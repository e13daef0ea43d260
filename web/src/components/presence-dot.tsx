// Whether somebody is there: full = online (grey: was there when we last heard), ring = away (amber) or offline (grey).
// The word stands beside it or is spoken.
import type { KnownState } from "@/lib/presence/presence";
import { words } from "./messages";

const LOOKS = {
  here: "border-brand bg-brand",
  away: "border-warn bg-surface",
  offline: "border-field bg-surface",
  was: "border-field bg-field",
} as const;

const SIZES = { small: "size-2 border-2", middle: "size-3 border-[3px]" } as const;

interface Props {
  state: KnownState | null;
  /** That of the avatar: a larger one would hide the initials. */
  size?: keyof typeof SIZES;
}

/** Sits on the corner of an avatar; nothing where nobody knows. */
export function PresenceDot({ state, size = "middle" }: Props) {
  if (!state) return null;
  return (
    <span
      data-presence={state}
      title={words.presence[state]}
      className={`absolute -right-0.5 -bottom-0.5 rounded-full ring-2 ring-surface ${SIZES[size]} ${LOOKS[state]}`}
    >
      <span className="sr-only">{words.presence[state]}</span>
    </span>
  );
}
