// The top of customer pages and of the pages that lead elsewhere.
import type { ReactNode, RefObject } from "react";
import { writtenIn } from "@/lib/language";
import { AccountMenu } from "./account-menu";
import { LanguageSwitch } from "./language-switch";
import { Logo } from "./logo";

interface Props {
  title: string;
  heading: RefObject<HTMLHeadingElement | null>;
  /** Beside what every page has; where there is little room in a line of its own. */
  children?: ReactNode;
}

export function PageHeader({ title, heading, children }: Props) {
  return (
    <header className="flex min-h-[60px] flex-wrap items-center gap-x-3.5 gap-y-2 border-b border-line bg-surface px-4 py-3 md:px-6">
      <Logo />
      <h1
        ref={heading}
        {...writtenIn(title)}
        tabIndex={-1}
        className="text-[17px] leading-6 font-[680] tracking-[-0.01em]"
      >
        {title}
      </h1>
      {children && <div className="min-w-0 max-lg:order-last max-lg:w-full lg:ml-auto">{children}</div>}
      <div className={`flex min-w-0 items-center gap-2 ${children ? "max-lg:ml-auto" : "ml-auto"}`}>
        <LanguageSwitch />
        <AccountMenu />
      </div>
    </header>
  );
}
