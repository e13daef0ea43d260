"use client";
// One socket per tab, made once; listeners are removed exactly. A refusal is final for socket.io-client, unless we try
// again: the token may have run out on its way, or nobody is signed in yet.
import { useEffect } from "react";
import { io, type Socket } from "socket.io-client";

let socket: Socket | null = null;

export function careviaSocket(url: string): Socket {
  if (socket) return socket;
  const made = io(url, {
    auth: (cb) =>
      fetch("/api/carevia-token")
        .then((answer) => answer.json())
        .then(({ token }) => cb({ token: token ?? "none" }))
        .catch(() => cb({ token: "none" })),
  });
  made.on("connect_error", () => {
    if (!made.active) setTimeout(() => made.connect(), 2000);
  });
  socket = made;
  return made;
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
