import { useCallback, useSyncExternalStore } from "react";
import { drafts } from "./drafts";

/** The draft of one person in one conversation, as useState gives a text. */
export function useDraft(person: string, room: string): [string, (text: string) => void] {
  const text = useSyncExternalStore(drafts.watch, () => drafts.read(person, room));
  return [text, useCallback((next: string) => drafts.write(person, room, next), [person, room])];
}

/** The conversations in which this person has begun to write. */
export function useDraftRooms(person: string): Set<string> {
  useSyncExternalStore(drafts.watch, () => drafts.version);
  return drafts.rooms(person);
}
