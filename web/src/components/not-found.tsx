import { Link } from "@tanstack/react-router";
import { useTitle } from "@/lib/use-title";
import { LanguageSwitch } from "./language-switch";
import { words } from "./messages";

export function NotFound() {
  const heading = useTitle(words.notFound.title);
  return (
    <main className="mx-auto max-w-[560px] px-4 py-16">
      <h1 ref={heading} tabIndex={-1} className="page-title">
        {words.notFound.title}
      </h1>
      <p className="mt-1 mb-5 text-[15px] leading-6 text-ink-2">{words.notFound.text}</p>
      <div className="flex gap-2">
        <Link to="/" className="btn btn-solid">
          {words.notFound.home}
        </Link>
        <LanguageSwitch />
      </div>
    </main>
  );
}
