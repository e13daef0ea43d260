// A low note when the connection has been lost for a while: once for each loss, on one of this browser's tabs.
import { useEffect, useState } from "react";
import { leadership } from "@/lib/locks";
import { isSilent, noticeSettings } from "./settings";
import { play } from "./sound";

/** A restart of the server is over by then, ms. */
const PATIENCE = 10_000;

export function useLostSound(owner: string, lost: boolean): void {
  // Apart from the leader that tells of bookings and messages: that one is live, and here nobody may be.
  const [leads, setLeads] = useState(false);
  useEffect(() => leadership(`carevia-lost/${owner}`, setLeads), [owner]);
  useEffect(() => {
    if (!leads || !lost) return;
    const timer = setTimeout(() => {
      const settings = noticeSettings.read();
      const now = Date.now();
      if (settings.sound && settings.muted.lost <= now && !isSilent(settings, now)) void play("lost");
    }, PATIENCE);
    return () => clearTimeout(timer);
  }, [leads, lost]);
}
