import { useCallback, useEffect, useRef, useSyncExternalStore } from "react";
import type { Connection } from "@/lib/socket/connection";
import { useConnectionEvents } from "@/lib/socket/use-connection";
import { DraftSync } from "./draft-sync";
import { drafts, noteOf } from "./drafts";
import type { Outbox } from "./outbox";

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
export function useDraftSync(connection: Connection | null, outbox: Outbox | null, person: string): void {
  const sync = useRef<DraftSync>(null);
  useEffect(() => {
    const made = new DraftSync(person, drafts);
    sync.current = made;
    return () => made.close();
  }, [person]);
  useConnectionEvents(connection, (event) => {
    if (event.type === "connected") void sync.current?.load();
    if (event.type !== "received") return;
    const written = saidBy(event.name, event.args[0]);
    // What was sent from here was no draft any more when what is begun now was begun, however late it has gone out.
    if (written?.senderId === person && !outbox?.wrote(written.id)) drafts.sent(person, written.place, written.text);
  });
}

interface Written {
  id: string;
  roomId: string;
  senderId: string;
  text: string;
}

/** Who has written what and where, if an event tells of it. */
function saidBy(name: string, told: unknown): (Written & { place: string }) | null {
  if (name === "conversation_updated") {
    const { roomId, lastMessage, read } = told as { roomId: string; lastMessage: Written; read?: boolean };
    return read ? null : { ...lastMessage, roomId, place: roomId };
  }
  if (name !== "receive_message" && name !== "note_added") return null;
  const message = told as Written;
  return { ...message, place: name === "note_added" ? noteOf(message.roomId) : message.roomId };
}
