// Rings for one person, however many tabs are open: the tabs of a browser elect one that is live, and what has rung is
// kept in the browser, so that the next one goes on where the last has stopped.
import { useEffect, useEffectEvent, useMemo, useState } from "react";
import { leadership } from "@/lib/locks";
import { stored, useStored } from "@/lib/stored";
import { type Facts, NOTHING_RUNG, type Ring, type Rung, ringing } from "./reminders";
import { isSilent, noticeSettings } from "./settings";
import { play, soundOnTouch } from "./sound";

export interface Notice {
  title: string;
  body: string;
  /** Notices of one tag replace each other. */
  tag: string;
  open: () => void;
}

interface Options {
  owner: string;
  /** Whether this tab hears what happens. */
  live: boolean;
  facts: Facts;
  now: number;
  /** The words of a desktop notice. */
  describe: (ring: Ring) => Notice;
}

export function useNotices({ owner, live, facts, now, describe }: Options): void {
  const leads = useLeads(owner, live);
  const kept = useMemo(() => stored<Rung>(`carevia-rung/${owner}`, understood), [owner]);
  const inWords = useEffectEvent(describe);
  const [{ sound }] = useStored(noticeSettings);
  useEffect(() => (sound ? soundOnTouch() : undefined), [sound]);
  useEffect(() => {
    if (!leads) return;
    const before = kept.read();
    const { rings, rung } = ringing(facts, before, now);
    if (rung !== before) kept.write(rung);
    const settings = noticeSettings.read();
    if (isSilent(settings, now)) return;
    for (const ring of rings) {
      if (settings.muted[ring.kind] > now) continue;
      if (settings.sound) void play(ring.kind);
      if (settings.desktop && !document.hasFocus()) show(inWords(ring));
    }
  }, [leads, kept, facts, now]);
}

/** Whether it could be shown. */
export function show({ title, body, tag, open }: Notice): boolean {
  if (typeof Notification === "undefined" || Notification.permission !== "granted") return false;
  try {
    const notice = new Notification(title, { body, tag });
    notice.onclick = () => {
      window.focus();
      notice.close();
      open();
    };
    return true;
  } catch {
    return false; // a phone's browser shows them from a service worker only
  }
}

function useLeads(owner: string, live: boolean): boolean {
  const [leads, setLeads] = useState(false);
  useEffect(() => {
    if (!live) return;
    return leadership(`carevia-notices/${owner}`, setLeads);
  }, [owner, live]);
  return leads && live;
}

const understood = (given: unknown): Rung => ({ ...NOTHING_RUNG, ...(given as Partial<Rung> | null) });
