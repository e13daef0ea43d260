// A connection that lives as long as the component: made once when it is shown, closed when it is left.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState, useSyncExternalStore } from "react";
import { askFailedAgain } from "@/lib/api/ask-anew";
import { createToken } from "@/lib/api/create-token";
import { configQuery } from "@/lib/api/get-config";
import { sessionQuery } from "@/lib/api/get-session";
import { ApiError } from "@/lib/api/http";
import { forgetLeftConversations } from "@/lib/chat/left-conversations";
import { Connection, type Listener, type Snapshot } from "./connection";
import type { Gatherer } from "./frames";

const NOT_YET: Snapshot = { status: "connecting", id: null, transport: null, message: null, since: 0, retryAt: null };

/** Null until the configuration has said where to connect. */
export function useConnection(): Connection | null {
  const queries = useQueryClient();
  const config = useQuery(configQuery);
  const url = config.isPending ? null : config.data?.socketUrl || window.location.origin;
  const [connection, setConnection] = useState<Connection | null>(null);

  useEffect(() => {
    if (url === null) return;
    const elsewhere = new URL(url).origin !== window.location.origin;
    const opened = new Connection({
      url,
      ...(elsewhere && { token: tokenOrNothing }),
      renew: async () => (await queries.fetchQuery({ ...sessionQuery, staleTime: 0 })) !== null,
    });
    opened.subscribe((event) => {
      // The server is there again.
      if (event.type === "connected") askFailedAgain(queries);
      if (event.type === "received" && event.name === "reset") forgetLeftConversations(queries);
      // The server's DISCONNECT may mean that the person has signed out, here or elsewhere.
      if (event.type === "disconnected" && opened.snapshot.status === "ended")
        void queries.invalidateQueries(sessionQuery);
    });
    setConnection(opened);
    return () => {
      opened.close();
      setConnection(null);
    };
  }, [url, queries]);
  // Opened only once it is on the page, when everything that listens has been told of it: on a busy machine the first
  // "connected" came before the log was there. And what StrictMode makes and throws away never reaches the server.
  useEffect(() => connection?.open(), [connection]);

  return connection;
}

export function useSnapshot(connection: Connection | null): Snapshot {
  return useSyncExternalStore(connection?.watch ?? noChanges, () => connection?.snapshot ?? NOT_YET);
}

/** Calls `listener`, as it is by then, for every event of the connection. */
export function useConnectionEvents(connection: Connection | null, listener: Listener): void {
  const hear = useEffectEvent(listener);
  useEffect(() => connection?.subscribe(hear), [connection]);
}

/** The same, for what is drawn: the events between two frames come together, right before the second. */
export function useFramedEvents(connection: Connection | null, listener: Listener): void {
  const hear = useEffectEvent(listener);
  useEffect(() => connection?.subscribeFramed(hear), [connection]);
}

/** The same, with all of a frame's events at once. */
export function useGatheredEvents(connection: Connection | null, gatherer: Gatherer): void {
  const hear = useEffectEvent(gatherer);
  useEffect(() => connection?.subscribeGathered(hear), [connection]);
}

async function tokenOrNothing(): Promise<string | null> {
  try {
    return await createToken();
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

const noChanges = () => () => {};
