import { useCallback, useSyncExternalStore } from "react";
import { drafts, noteOf } from "./drafts";

/** The draft of one person in one conversation, as useState gives a text. */
export function useDraft(person: string, room: string): [string, (text: string) => void] {
  const text = useSyncExternalStore(drafts.watch, () => drafts.read(person, room));
  return [text, useCallback((next: string) => drafts.write(person, room, next), [person, room])];
}

/** What this person has begun to write in each conversation: the message, else the note. */
export function useDrafts(person: string): (room: string) => string {
  useSyncExternalStore(drafts.watch, () => drafts.version);
  return (room) => drafts.read(person, room) || drafts.read(person, noteOf(room));
}
