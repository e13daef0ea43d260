import { useCallback, useEffect, useRef, useSyncExternalStore } from "react";
import type { Connection } from "@/lib/socket/connection";
import { useConnectionEvents } from "@/lib/socket/use-connection";
import { DraftSync } from "./draft-sync";
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

/** Keeps the drafts of whoever is signed in the same here and on the server. */
export function useDraftSync(connection: Connection | null, person: string): void {
  const sync = useRef<DraftSync>(null);
  useEffect(() => {
    const made = new DraftSync(person, drafts);
    sync.current = made;
    return () => made.close();
  }, [person]);
  useConnectionEvents(connection, (event) => {
    if (event.type === "connected") void sync.current?.load();
  });
}
