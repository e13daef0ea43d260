// A search that goes into the address when one pauses, or presses Enter.
import { useEffect, useRef, useState } from "react";
import { useCommand } from "@/lib/keys/commands";
import { words } from "./messages";

const PAUSE = 400;

interface Props {
  label: string;
  value: string;
  onChange: (text: string | undefined) => void;
}

export function SearchBox({ label, value, onChange }: Props) {
  const [text, setText] = useState(value);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only typing starts the pause
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => onChange(text.trim() || undefined), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  const box = useRef<HTMLInputElement>(null);
  useCommand("filter", () => box.current?.focus());
  return (
    <input
      ref={box}
      type="search"
      aria-label={label}
      placeholder={words.searchHint}
      title={words.searchHint}
      className="h-8 w-[220px] rounded-md border border-field bg-surface px-2.5 text-[13px] max-md:h-11 max-md:w-full"
      value={text}
      onChange={({ target }) => setText(target.value)}
      onKeyDown={({ key }) => key === "Enter" && text.trim() !== value && onChange(text.trim() || undefined)}
    />
  );
}
