// How somebody wants to be told, kept in this browser and the same on all its tabs.
import { stored } from "../stored";

interface NoticeSettings {
  sound: boolean;
  desktop: boolean;
  /** Silent from one time of the day to another ("22:00"), also over midnight. */
  silent: { on: boolean; from: string; to: string };
  /** Until when nothing is told of a kind, ms since 1970. */
  muted: Readonly<Record<Kind, number>>;
}

export const KINDS = ["booking", "message", "lost"] as const;
export type Kind = (typeof KINDS)[number];

export const USUAL: NoticeSettings = {
  sound: true,
  desktop: false,
  silent: { on: false, from: "22:00", to: "07:00" },
  muted: { booking: 0, message: 0, lost: 0 },
};

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

export const noticeSettings = stored<NoticeSettings>("carevia-notices", understood);

export function understood(given: unknown): NoticeSettings {
  const one = (given ?? {}) as Partial<NoticeSettings>;
  const muted = (one.muted ?? {}) as Partial<NoticeSettings["muted"]>;
  const silent = (one.silent ?? {}) as Partial<NoticeSettings["silent"]>;
  return {
    sound: typeof one.sound === "boolean" ? one.sound : USUAL.sound,
    desktop: one.desktop === true,
    muted: {
      booking: Number(muted.booking) || 0,
      message: Number(muted.message) || 0,
      lost: Number(muted.lost) || 0,
    },
    silent: {
      on: silent.on === true,
      from: TIME.test(silent.from ?? "") ? (silent.from as string) : USUAL.silent.from,
      to: TIME.test(silent.to ?? "") ? (silent.to as string) : USUAL.silent.to,
    },
  };
}

/** `now` is ms since 1970; the hours are the reader's own. */
export function isSilent({ silent }: NoticeSettings, now: number): boolean {
  if (!silent.on || silent.from === silent.to) return false;
  const date = new Date(now);
  const time = `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
  return silent.from < silent.to ? silent.from <= time && time < silent.to : time >= silent.from || time < silent.to;
}

const HOUR = 60 * 60_000;

/** For an hour, or until the reader's morning. */
export function muteUntil(choice: "hour" | "tomorrow", now: number): number {
  if (choice === "hour") return now + HOUR;
  const morning = new Date(now);
  morning.setDate(morning.getDate() + 1);
  return morning.setHours(7, 0, 0, 0);
}
