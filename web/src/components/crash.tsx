import { useTitle } from "@/lib/use-title";
import { LanguageSwitch } from "./language-switch";
import { words } from "./messages";

/** Shown where a page failed: also when a new version was deployed and an old page's chunk is gone. */
export function Crash() {
  const heading = useTitle(words.crash.title);
  return (
    <main className="mx-auto max-w-[560px] px-4 py-16">
      <h1 ref={heading} tabIndex={-1} className="page-title">
        {words.crash.title}
      </h1>
      <p className="mt-1 mb-5 text-[15px] leading-6 text-ink-2">{words.crash.text}</p>
      <div className="flex gap-2">
        <button type="button" className="btn btn-solid" onClick={() => window.location.reload()}>
          {words.crash.reload}
        </button>
        <LanguageSwitch />
      </div>
    </main>
  );
}
