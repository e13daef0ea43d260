// Tells the server what is read: the open conversation, on a tab that is looked at. One in the background says nothing,
// and says it when it comes to the front. The count itself changes when the server says so, on every tab alike.
import { useEffect, useRef, useSyncExternalStore } from "react";
import type { Connection } from "@/lib/socket/connection";
import { useSnapshot } from "@/lib/socket/use-connection";
import type { ConversationRow } from "./conversations";

export function useMarkRead(connection: Connection | null, row: ConversationRow | undefined): void {
  const { id: socket } = useSnapshot(connection);
  const visible = useSyncExternalStore(watchVisibility, () => document.visibilityState === "visible");
  const room = row?._id;
  const seq = row?.lastMessage?.seq;
  const unread = (row?.unread ?? 0) > 0;
  const told = useRef("");
  useEffect(() => {
    if (!visible || !unread || socket === null || room === undefined || seq === undefined) return;
    // Once per message and socket: a new socket tells again, for the old one may have died with it.
    const what = `${socket}/${room}/${seq}`;
    if (told.current === what) return;
    told.current = what;
    connection?.tell("mark_read", { roomId: room, seq });
  }, [connection, visible, unread, socket, room, seq]);
}

function watchVisibility(changed: () => void): () => void {
  document.addEventListener("visibilitychange", changed);
  return () => document.removeEventListener("visibilitychange", changed);
}
