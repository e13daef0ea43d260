// The desk's top bar. While the connection is lost, or the receipt alarm rings, the bar itself says so, at the same
// height: nothing below it moves.
import { Link } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { type RefObject, useContext } from "react";
import { AccountMenu } from "@/components/account-menu";
import { bannerTone, ConnectionSentence } from "@/components/connection-banner";
import { FreshnessBadge } from "@/components/freshness-badge";
import { LanguageSwitch } from "@/components/language-switch";
import { FRAMES, INKS } from "@/components/tones";
import { CommandsContext } from "@/lib/keys/commands";
import { PANE, PANE_FOCUS } from "@/lib/keys/rows";
import type { Connection } from "@/lib/socket/connection";
import type { LiveState } from "@/lib/socket/use-live";
import { useMedia } from "@/lib/use-media";
import { AlarmSentence } from "./alarm-sentence";
import type { ReceiptAlarm } from "./get-receipt-state";
import { Keycaps } from "./keys/keycaps";
import { words as keys } from "./keys/messages";
import { words } from "./messages";
import { NoticeMenu } from "./notice-menu";

interface Props {
  title: string;
  heading: RefObject<HTMLHeadingElement | null>;
  live: LiveState;
  alarm: ReceiptAlarm | null;
  connection: Connection | null;
  /** On a phone a conversation leaves it one line: how fresh the page is, or what has happened. */
  oneLine: boolean;
}

/** In one line, with how fresh the page is before the menus; elsewhere it is in a line below them. The keyboard goes from
 * one to the next as they are seen. */
const WIDE = "(min-width: 47.5rem)";

const BARS = {
  none: "border-line bg-bg",
  warn: `${FRAMES.warn} ${INKS.warn}`,
  bad: `${FRAMES.bad} ${INKS.bad}`,
} as const;

export function TopBar({ title, heading, live, alarm, connection, oneLine }: Props) {
  const wide = useMedia(WIDE, true);
  const lost = bannerTone(live);
  const tone = lost ?? (alarm ? "bad" : null);
  return (
    <header
      {...PANE}
      className={`flex min-w-0 items-center gap-2.5 border-b px-4 outline-none ${oneLine ? "max-md:h-14 max-xs:h-auto max-xs:min-h-14 max-xs:py-2" : "max-md:flex-col max-md:gap-0 max-md:pb-2"} ${BARS[tone ?? "none"]}`}
    >
      <div
        className={
          oneLine
            ? "contents"
            : "flex h-14 w-full min-w-0 items-center gap-2.5 max-[359px]:gap-0 max-xs:h-auto max-xs:min-h-14 max-xs:flex-wrap md:contents"
        }
      >
        <h1
          ref={heading}
          tabIndex={-1}
          className={`text-[15px] leading-6 font-[650] tracking-[-0.01em] ${oneLine ? "max-md:sr-only" : ""} ${tone ? "max-lg:sr-only" : ""}`}
        >
          {title}
        </h1>
        {lost && <ConnectionSentence live={live} connection={connection} desk />}
        {!lost && alarm && <AlarmSentence alarm={alarm} />}
        {!tone && <SearchButton className={oneLine ? "max-md:hidden" : ""} />}
        {!tone && <span className={oneLine ? "flex-1 max-md:hidden" : "flex-1"} />}
        {wide && <Freshness live={live} />}
        <span className={`flex items-center gap-2.5 max-[359px]:gap-0 ${tone || oneLine ? "max-md:hidden" : ""}`}>
          <NoticeMenu />
          <LanguageSwitch />
          <AccountMenu />
        </span>
      </div>
      {!wide && <Freshness live={live} className={oneLine && tone ? "hidden" : "w-full"} />}
    </header>
  );
}

function Freshness({ live, className = "" }: { live: LiveState; className?: string }) {
  return (
    <Link
      to="/test-socket"
      title={words.connections}
      className={`min-w-0 rounded-lg text-ink hover:no-underline pointer-coarse:py-1.5 ${className}`}
    >
      <FreshnessBadge live={live} />
    </Link>
  );
}

/** Opens the palette; a box to look at, for there is one list of what was found, not two. */
function SearchButton({ className }: { className: string }) {
  const commands = useContext(CommandsContext);
  return (
    <button
      type="button"
      className={`btn btn-quiet max-lg:px-2 lg:ml-1 lg:w-[320px] lg:justify-start lg:bg-sunken lg:font-normal ${className}`}
      onClick={() => commands?.run("palette")}
      {...PANE_FOCUS}
    >
      <Search size={16} strokeWidth={1.75} aria-hidden="true" />
      <span className="truncate max-lg:sr-only">{keys.search}</span>
      <span className="ml-auto flex-none max-lg:hidden" aria-hidden="true">
        <Keycaps keys="Mod+K" />
      </span>
    </button>
  );
}
