// Who of the staff is on the desk now.
import { Avatar } from "@/components/avatar";
import { PresenceDot } from "@/components/presence-dot";
import { numeral } from "@/lib/format/number";
import type { Presence, StaffPresent } from "@/lib/presence/presence";
import { words } from "./messages";

const MOST = 3;

export function StaffHere({ presence }: { presence: Presence | null }) {
  if (!presence || presence.upto !== null || presence.staff.size === 0) return null;
  const staff = [...presence.staff.values()].sort(hereFirst);
  const names = staff.map(({ name, state }) => (state === "away" ? words.staffAway(name) : name)).join(", ");
  return (
    <span className="ml-auto flex items-center" title={names} data-staff-here={staff.length}>
      <span className="sr-only">{`${words.onDesk(staff.length)}: ${names}`}</span>
      <span aria-hidden="true" className="flex items-center gap-1.5">
        {staff.slice(0, MOST).map(({ userId, name, state }) => (
          <span key={userId} className="relative" data-staff={userId}>
            <Avatar id={userId} name={name} size="small" />
            <PresenceDot state={state} size="small" />
          </span>
        ))}
        {staff.length > MOST && <span className="text-xs text-ink-3">+{numeral(staff.length - MOST)}</span>}
      </span>
    </span>
  );
}

function hereFirst(one: StaffPresent, other: StaffPresent): number {
  return Number(one.state === "away") - Number(other.state === "away") || one.name.localeCompare(other.name);
}
