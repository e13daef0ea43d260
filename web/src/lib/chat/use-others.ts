// The others in a conversation, as far as they are known now: who types (which may be lost on the way), and which staff
// have it open. Both are forgotten when the connection is.
import { useEffect, useRef, useState } from "react";
import type { Connection } from "@/lib/socket/connection";
import { useFramedEvents } from "@/lib/socket/use-connection";

const SHOWN = 4_000;

interface Who {
  userId: string;
  name: string;
}

export interface Typing {
  /** Names of those who type. */
  names: readonly string[];
  /** Of them the staff, as far as this page may know who they are. */
  staff: readonly string[];
}

/** Who types, each until they have said or done nothing for four seconds. */
export function useTyping(connection: Connection | null, roomId: string, myId: string): Typing {
  const [typing, setTyping] = useState<readonly Who[]>([]);
  const timers = useRef(new Map<string, ReturnType<typeof setTimeout>>());
  const stop = (userId: string) => {
    clearTimeout(timers.current.get(userId));
    timers.current.delete(userId);
    setTyping((before) =>
      before.some((who) => who.userId === userId) ? before.filter((who) => who.userId !== userId) : before,
    );
  };
  useFramedEvents(connection, (event) => {
    if (event.type === "disconnected") for (const userId of [...timers.current.keys()]) stop(userId);
    if (event.type !== "received") return;
    if (event.name === "receive_message") stop((event.args[0] as { senderId?: string }).senderId ?? "");
    if (event.name !== "user_typing") return;
    const [name, about] = event.args as [string, { room?: string; userId?: string } | undefined];
    const userId = about?.userId ?? name;
    if (about?.room !== roomId || userId === myId) return;
    clearTimeout(timers.current.get(userId));
    timers.current.set(
      userId,
      setTimeout(() => stop(userId), SHOWN),
    );
    setTyping((before) => (before.some((who) => who.userId === userId) ? before : [...before, { userId, name }]));
  });
  useEffect(() => {
    const all = timers.current;
    return () => {
      for (const timer of all.values()) clearTimeout(timer);
    };
  }, []);
  // To a customer all staff have one name.
  const names = (some: readonly Who[]) => [...new Set(some.map((who) => who.name))];
  return { names: names(typing), staff: names(typing.filter((who) => who.userId !== roomId)) };
}

export function useViewers(connection: Connection | null, roomId: string, myId: string): readonly string[] {
  const [viewers, setViewers] = useState<readonly string[]>([]);
  useFramedEvents(connection, (event) => {
    if (event.type === "disconnected") setViewers([]);
    if (event.type !== "received" || event.name !== "viewers") return;
    const said = event.args[0] as { room: string; viewers: Who[] };
    if (said.room === roomId) setViewers(said.viewers.filter((who) => who.userId !== myId).map((who) => who.name));
  });
  return viewers;
}
