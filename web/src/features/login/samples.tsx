// The right half of the sign-in page: fixed samples, never live data.
import { Avatar } from "@/components/avatar";
import { money } from "@/lib/format/money";
import { age } from "@/lib/format/time";
import { words } from "./messages";

const HEIGHTS = [
  14, 14, 56, 14, 14, 84, 56, 14, 14, 14, 56, 14, 14, 56, 14, 14, 84, 14, 56, 14, 14, 14, 14, 56, 56, 14, 56, 14, 14,
  56, 14, 84, 14, 14, 56, 14, 14, 14, 56, 84,
];

const SECOND = 1_000;
const CARDS = [
  { key: "tahmid", amount: "9600", past: 0 },
  { key: "lamia", amount: "900", past: 4 * SECOND },
  { key: "nusrat", amount: "3000", past: 240 * SECOND },
] as const;

export function Samples() {
  return (
    <section
      aria-label={words.samples}
      className="grid place-items-center border-l border-line bg-bg p-10 max-sm:hidden"
    >
      <div className="w-full max-w-[440px]">
        <Bars />
        <p className="mt-7 mb-5 text-2xl leading-8 font-[650] tracking-[-0.025em]">{words.slogan}</p>
        <ul className="flex flex-col gap-2">
          {CARDS.map(({ key, amount, past }) => (
            <li key={key} className="card flex items-center gap-3 px-3.5 py-3 shadow-1">
              <Avatar id={key.charAt(0)} name={words.sample[key].name} />
              <span className="min-w-0 flex-1">
                <span className="block truncate text-sm font-semibold">{words.sample[key].name}</span>
                <span className="block truncate text-ink-3">{words.sample[key].service}</span>
              </span>
              <span className="text-right">
                <span className="block text-sm font-[650]">{money(amount, "bdt")}</span>
                <span className={`block text-xs ${past === 0 ? "font-semibold text-accent" : "text-ink-3"}`}>
                  {age(0, past)}
                </span>
              </span>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

function Bars() {
  return (
    <svg viewBox="0 0 440 84" className="h-[84px] w-full" preserveAspectRatio="none" aria-hidden="true">
      {HEIGHTS.map((height, place) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
          key={place}
          x={place * 11}
          y={84 - height}
          width="6"
          height={height}
          rx="3"
          fill={height === 14 ? "var(--line-2)" : "var(--brand)"}
          opacity={height === 14 ? 1 : 0.25 + (0.75 * place) / HEIGHTS.length}
        />
      ))}
    </svg>
  );
}
