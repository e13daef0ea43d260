import { initials } from "@/lib/format/names";

const PAIRS = [
  "bg-sand text-on-sand",
  "bg-slate text-on-slate",
  "bg-sage text-on-sage",
  "bg-clay text-on-clay",
  "bg-mauve text-on-mauve",
] as const;

const SIZES = { small: "size-[26px] text-tiny", middle: "size-9 text-[13px]" } as const;

/** Initials on one of five quiet colours, always the same one for a person. */
export function Avatar({ id, name, size = "middle" }: { id: string; name: string; size?: keyof typeof SIZES }) {
  return (
    <span
      aria-hidden="true"
      className={`grid flex-none place-items-center rounded-full font-semibold ${SIZES[size]} ${pair(id)}`}
    >
      {initials(name)}
    </span>
  );
}

function pair(id: string): string {
  let hash = 0;
  for (const character of id) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) | 0;
  return PAIRS[Math.abs(hash) % PAIRS.length] ?? PAIRS[0];
}
