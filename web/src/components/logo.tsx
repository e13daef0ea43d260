import { Link } from "@tanstack/react-router";
import { words } from "./messages";

export function Logo({ word = false }: { word?: boolean }) {
  return (
    <Link
      to="/"
      className="target flex flex-none items-center gap-2.5 text-ink hover:no-underline"
      aria-label={words.brand}
    >
      <Sign />
      {word && <span className="text-[17px] font-[680] tracking-[-0.01em]">{words.brand}</span>}
    </Link>
  );
}

/** The mark alone: also the picture of whoever answers for the house. */
export function Sign({ size = 32 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="flex-none">
      <rect width="32" height="32" rx="9" fill="#047857" />
      <path d="M21.6 20.6a7.2 7.2 0 1 1 0-9.2" fill="none" stroke="#fff" strokeWidth="3" strokeLinecap="round" />
      <circle cx="23.6" cy="16" r="2.1" fill="#6ee7b7" />
    </svg>
  );
}
