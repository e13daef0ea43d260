// A search that goes into the address when one pauses, or presses Enter. It stays while its list changes: who writes on
// goes on writing.
import { useEffect, useEffectEvent, useRef, useState } from "react";
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
  const asked = useRef(value);
  const wanted = text.trim();
  const ask = () => {
    if (wanted === value) return;
    asked.current = wanted;
    onChange(wanted || undefined);
  };
  const askNow = useEffectEvent(ask);
  useEffect(() => {
    if (wanted === value) return;
    const timer = setTimeout(askNow, PAUSE);
    return () => clearTimeout(timer);
  }, [wanted, value]);
  useEffect(() => {
    if (value !== asked.current) setText(value); // it was not asked for here: by the way back, or a filter taken off
    asked.current = value;
  }, [value]);
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
      onKeyDown={({ key }) => key === "Enter" && ask()}
    />
  );
}
