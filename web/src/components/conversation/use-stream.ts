// Scrolling of a conversation. The page holds a window of at most 200 messages; near its ends the window moves, and past
// the oldest known message the server is asked for more. Rules: who is at the bottom stays there; who is elsewhere keeps
// what they read where it is, whatever is added or taken away above; and a message counts as seen once it was painted in
// a visible tab.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { type Anchor, anchorOf, stayAt } from "@/lib/anchor";
import type { Message } from "@/lib/chat/conversation";
import { keepHere, keptHere } from "@/lib/kept-here";

const WINDOW = 200;
const STEP = 50;
const NEAR = 600;
const BOTTOM = 60;
const ASK_AGAIN = 3_000;

interface Options {
  messages: readonly Message[];
  /** By what the router finds how far it is scrolled: it knows nothing of the window. */
  place: string;
  /** How many stand beside the messages: those that wait, and what is between them. */
  added: number;
  hasMore: boolean;
  onOlder: () => void;
  onSeen: (seq: number) => void;
}

/** What is read: which messages are in the window, and how far it is scrolled. */
interface Place {
  until: number | null;
  top: number;
}

export function useStream({ messages, place, added, hasMore, onOlder, onSeen }: Options) {
  const element = useRef<HTMLElement>(null);
  /** Number of the last message in the window; null: the newest, also of those that are yet to come. */
  const [back] = useState(() => keptHere<Place>(place));
  const [until, setUntil] = useState(back?.until ?? null);
  const [away, setAway] = useState(false);
  const atBottom = useRef(true);
  /** Where it stood then: who has scrolled up since is there no more, though no event has told of it yet. */
  const stood = useRef(0);
  const anchor = useRef<Anchor | null>(null);
  const asked = useRef({ oldest: -1, at: 0 });
  const newestSeen = useRef(0);

  const end = until === null ? messages.length : messages.findLastIndex((message) => message.seq <= until) + 1;
  const start = Math.max(0, end - WINDOW);
  const shown = messages.slice(start, end);
  const below = end < messages.length;

  const older = useCallback(() => {
    if (start > 0) {
      setUntil(messages[Math.max(end - STEP, 0)]?.seq ?? null);
      return;
    }
    const oldest = messages[0]?.seq ?? 0;
    if (!hasMore || (asked.current.oldest === oldest && Date.now() - asked.current.at < ASK_AGAIN)) return;
    asked.current = { oldest, at: Date.now() };
    onOlder();
  }, [messages, start, end, hasMore, onOlder]);

  const newer = useCallback(() => {
    const next = Math.min(messages.length, end + STEP);
    setUntil(next === messages.length ? null : (messages[next - 1]?.seq ?? null));
  }, [messages, end]);

  const note = useCallback((stream: HTMLElement) => {
    stood.current = stream.scrollTop;
    anchor.current = anchorOf(stream, rowsOf(stream));
  }, []);

  const look = useCallback(() => {
    const stream = element.current;
    if (!stream) return;
    const rest = restOf(stream);
    atBottom.current = rest < BOTTOM && !below;
    setAway(rest > stream.clientHeight || below);
    note(stream);
    keepHere<Place>(place, { until, top: stream.scrollTop });
    if (stream.scrollTop < NEAR) older();
    else if (rest < NEAR && below) newer();
    const seq = lastPainted(stream);
    if (seq > 0 && document.visibilityState === "visible") {
      newestSeen.current = Math.max(newestSeen.current, seq);
      onSeen(seq);
    }
  }, [until, below, older, newer, onSeen, note, place]);

  const follow = useCallback((stream: HTMLElement): boolean => {
    atBottom.current &&= stream.scrollTop >= stood.current || restOf(stream) < BOTTOM;
    if (atBottom.current) stream.scrollTop = stream.scrollHeight;
    return atBottom.current;
  }, []);

  const keep = useCallback(
    (stream: HTMLElement) => {
      if ((below || !follow(stream)) && anchor.current) stayAt(stream, anchor.current);
      note(stream);
    },
    [below, follow, note],
  );

  // Before it is looked at: the window would move, as for who has scrolled to its top.
  useLayoutEffect(() => {
    if (element.current && back?.until) element.current.scrollTop = back.top;
  }, [back]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when rows came or went, before they are painted
  useLayoutEffect(() => {
    if (element.current) keep(element.current);
  }, [messages, start, end, added]);

  // Two frames later what was put there is on the screen; a hidden tab has no frames.
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => afterPaint(look), [messages, start, end, look]);

  useEffect(() => {
    const stream = element.current;
    if (!stream) return;
    const resized = new ResizeObserver(() => keep(stream)); // in another width every message has another height
    resized.observe(stream);
    const shownAgain = () => {
      if (document.visibilityState === "visible") afterPaint(look);
    };
    stream.addEventListener("scroll", look, { passive: true });
    document.addEventListener("visibilitychange", shownAgain);
    return () => {
      resized.disconnect();
      stream.removeEventListener("scroll", look);
      document.removeEventListener("visibilitychange", shownAgain);
    };
  }, [look, keep]);

  const toNewest = () => {
    atBottom.current = true;
    setUntil(null);
    setAway(false);
    const stream = element.current;
    if (stream) stream.scrollTop = stream.scrollHeight;
  };
  const unread = away ? messages.filter((message) => message.seq > newestSeen.current).length : 0;
  return { element, shown, above: start > 0, below, following: until === null, away, unread, older, toNewest };
}

function afterPaint(run: () => void): () => void {
  let frame = requestAnimationFrame(() => {
    frame = requestAnimationFrame(run);
  });
  return () => cancelAnimationFrame(frame);
}

const restOf = (stream: HTMLElement) => stream.scrollHeight - stream.scrollTop - stream.clientHeight;
const rowsOf = (stream: HTMLElement) => [...stream.querySelectorAll<HTMLElement>("[data-seq]")];

/** Number of the newest message whose beginning or end is within the view. */
function lastPainted(stream: HTMLElement): number {
  const { bottom } = stream.getBoundingClientRect();
  const row = rowsOf(stream).findLast((one) => one.getBoundingClientRect().top < bottom - 8);
  return Number(row?.dataset.seq ?? 0);
}
