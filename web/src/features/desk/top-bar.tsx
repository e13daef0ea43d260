// The desk's top bar. While the connection is lost, or the receipt alarm rings, the bar itself says so, at the same height: nothing below it moves.
import type { RefObject } from "react";
import { AccountMenu } from "@/components/account-menu";
import { bannerTone, ConnectionSentence } from "@/components/connection-banner";
import { FreshnessBadge } from "@/components/freshness-badge";
import { LanguageSwitch } from "@/components/language-switch";
import type { Connection } from "@/lib/socket/connection";
import type { LiveState } from "@/lib/socket/use-live";
import { AlarmSentence } from "./alarm-sentence";
import type { ReceiptAlarm } from "./get-receipt-state";
import { NoticeMenu } from "./notice-menu";

interface Props {
  title: string;
  heading: RefObject<HTMLHeadingElement | null>;
  live: LiveState;
  alarm: ReceiptAlarm | null;
  connection: Connection | null;
}

const BARS = {
  none: "border-line bg-bg",
  warn: "border-warn-line bg-warn-tint text-warn-ink",
  bad: "border-bad-line bg-bad-tint text-bad-ink",
} as const;

export function TopBar({ title, heading, live, alarm, connection }: Props) {
  const lost = bannerTone(live);
  const tone = lost ?? (alarm ? "bad" : null);
  return (
    <header
      className={`flex min-w-0 items-center gap-2.5 border-b px-4 max-md:flex-wrap max-md:py-2 ${BARS[tone ?? "none"]}`}
    >
      <h1
        ref={heading}
        tabIndex={-1}
        className={`text-[15px] leading-6 font-[650] tracking-[-0.01em] ${tone ? "max-lg:hidden" : ""}`}
      >
        {title}
      </h1>
      {lost && <ConnectionSentence live={live} connection={connection} />}
      {!lost && alarm && <AlarmSentence alarm={alarm} />}
      {!tone && <span className="flex-1" />}
      <span className="min-w-0 max-md:order-last max-md:w-full">
        <FreshnessBadge live={live} wide />
      </span>
      <NoticeMenu />
      <LanguageSwitch />
      <AccountMenu />
    </header>
  );
}
