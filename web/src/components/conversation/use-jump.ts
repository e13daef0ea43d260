// Brings one message on the screen: pages back until it is there, then to it, once.
import { useEffect, useRef } from "react";
import type { Conversation } from "@/lib/chat/conversation";

export function useJump(conversation: Conversation, at: number | undefined, loadOlder: () => void): void {
  const done = useRef<number | undefined>(undefined);
  useEffect(() => {
    if (at === undefined || done.current === at || !conversation.loaded) return;
    const oldest = conversation.messages[0]?.seq;
    if (oldest !== undefined && oldest > at && conversation.hasMore) {
      loadOlder();
      return;
    }
    done.current = at;
    const message = document.querySelector<HTMLElement>(`[data-seq="${at}"]`);
    message?.scrollIntoView({ block: "center" });
    // The browser tells of it a frame later; rows that come before that would take the reader for one at the bottom.
    message?.closest("section")?.dispatchEvent(new Event("scroll"));
    message?.focus({ preventScroll: true });
  }, [conversation, at, loadOlder]);
}
