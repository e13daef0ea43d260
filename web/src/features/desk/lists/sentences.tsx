// What became of money, and why somebody should look at it: a sentence each, beside what it is about.
import type { LucideIcon } from "lucide-react";

interface Props {
  all: readonly { Icon: LucideIcon; text: string }[];
}

export function Sentences({ all }: Props) {
  if (all.length === 0) return null;
  return (
    <ul className="mt-1.5 flex flex-col gap-1.5">
      {all.map(({ Icon, text }) => (
        <li key={text} className="flex items-start gap-2.5 text-[12.5px] tabular-nums">
          <span className="mt-0.5 grid size-4 flex-none place-items-center rounded-full bg-warn-tint text-warn-ink">
            <Icon size={11} aria-hidden="true" />
          </span>
          {text}
        </li>
      ))}
    </ul>
  );
}
