// The way to the other language, named in that language. On every page.
import { Languages } from "lucide-react";
import { LANGUAGES, type Language, speak, useLanguage } from "@/lib/language";

const NAMES: Record<Language, string> = { en: "English", bn: "বাংলা" };

export function LanguageSwitch() {
  const current = useLanguage();
  const other = LANGUAGES.find((one) => one !== current) ?? current;
  return (
    <button type="button" lang={other} className="btn btn-quiet px-2" data-speak={other} onClick={() => speak(other)}>
      <Languages size={16} strokeWidth={1.75} aria-hidden="true" />
      {NAMES[other]}
    </button>
  );
}
