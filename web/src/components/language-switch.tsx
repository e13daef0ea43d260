// The way to the other language, named in that language. On every page; where there is little room by its first letters.
import { Languages } from "lucide-react";
import { LANGUAGES, type Language, speak, useLanguage } from "@/lib/language";

const NAMES: Record<Language, { name: string; short: string }> = {
  en: { name: "English", short: "EN" },
  bn: { name: "বাংলা", short: "বাং" },
};

export function LanguageSwitch() {
  const current = useLanguage();
  const other = LANGUAGES.find((one) => one !== current) ?? current;
  const { name, short } = NAMES[other];
  return (
    <button
      type="button"
      lang={other}
      className="btn btn-quiet flex-none px-2"
      data-speak={other}
      onClick={() => speak(other)}
    >
      <Languages size={16} strokeWidth={1.75} aria-hidden="true" />
      <span className="max-sm:sr-only">{name}</span>
      <span className="sm:hidden" aria-hidden="true">
        {short}
      </span>
    </button>
  );
}
