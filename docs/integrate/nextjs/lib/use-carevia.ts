"use client";
// One socket per tab, made once; listeners are removed exactly.
import { useEffect } from "react";
import { io, type Socket } from "socket.io-client";

let socket: Socket | null = null;

export function careviaSocket(url: string): Socket {
  socket ??= io(url, {
    auth: (cb) =>
      fetch("/api/carevia-token")
        .then((answer) => answer.json())
        .then(({ token }) => cb({ token })),
  });
  return socket;
}

/** Calls `listener` for every event of this name while the component is shown. */
export function useCarevia<T>(url: string, event: string, listener: (payload: T) => void): void {
  useEffect(() => {
    const live = careviaSocket(url);
    live.on(event, listener);
    return () => {
      live.off(event, listener);
    };
  }, [url, event, listener]);
}
