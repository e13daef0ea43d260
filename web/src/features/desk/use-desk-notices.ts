// What of the desk rings, and its words: paid bookings that nobody has on a screen, and customers who wait.
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { named } from "@/lib/catalogue";
import type { Freshness } from "@/lib/freshness";
import { useIcon } from "@/lib/notices/icon";
import type { Facts, Ring } from "@/lib/notices/reminders";
import { useLostSound } from "@/lib/notices/use-lost-sound";
import { type Notice, useNotices } from "@/lib/notices/use-notices";
import { words } from "./messages";
import { nameOf } from "./names";
import type { DeskData } from "./use-desk";

/** What a low note tells: not that one has signed out, which is no news to who did it. */
const LOST: ReadonlySet<Freshness> = new Set(["stale", "reconnecting", "offline"]);

/** Whether somebody looks at this tab: what comes into the conversation that is open there needs no ring. */
const lookedAt = () => document.visibilityState === "visible" && document.hasFocus();

export function useDeskNotices({ desk, alarm, live, list }: DeskData, owner: string, openRoom: string | null): void {
  const navigate = useNavigate();
  const unseen = alarm !== null && alarm.unseen > 0;
  const facts = useMemo<Facts>(
    () => ({
      arrived: desk.bookings.filter((row) => row.arrivedAt !== null).map((row) => row.trackingId),
      unseen,
      waiting: Object.values(desk.conversations).flatMap(({ _id, unread, lastMessage }) =>
        unread > 0 && lastMessage?.senderId === _id && !(_id === openRoom && lookedAt())
          ? [{ roomId: _id, seq: lastMessage.seq }]
          : [],
      ),
    }),
    [desk.bookings, desk.conversations, unseen, openRoom],
  );
  const describe = (ring: Ring): Notice => {
    const [first] = ring.about;
    if (ring.kind === "message") {
      const room = ring.about.length === 1 ? first : undefined;
      const title = room ? words.notices.wrote(nameOf(desk, room)) : words.notices.waiting(facts.waiting.length);
      const search = room ? { view: "chat" as const, with: room } : { view: "chat" as const };
      return {
        title,
        body: words.notices.open,
        tag: "message",
        open: () => void navigate({ to: "/dashboard", search }),
      };
    }
    const row = ring.about.length === 1 ? desk.bookings.find((one) => one.trackingId === first) : undefined;
    const title = row
      ? words.notices.paid(row.userName || words.unknown)
      : ring.about.length > 0
        ? words.newBookings(ring.about.length)
        : words.notices.unseen;
    const body = named(row?.serviceName ?? "") || words.notices.open;
    return { title, body, tag: "booking", open: () => void navigate({ to: "/dashboard", search: {} }) };
  };
  useNotices({
    owner,
    live: live.freshness === "live" || live.freshness === "checking",
    facts,
    now: live.now,
    describe,
  });
  useLostSound(owner, LOST.has(live.freshness));
  useIcon(list.counts?.unread ?? 0);
}
