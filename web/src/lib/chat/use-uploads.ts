// What is being attached to the message that is written: uploads with their progress. What has not arrived is
// tried again under its first id, by a person or as soon as the connection is back.
import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "@/lib/api/http";
import type { Connection } from "@/lib/socket/connection";
import { useConnectionEvents } from "@/lib/socket/use-connection";
import type { Attachment } from "./conversation";
import { isAccepted, LARGEST, MOST, type Upload, upload } from "./upload";

type Refusal = "type" | "size" | "many";

export interface Uploading {
  id: string;
  name: string;
  /** 0 to 1. */
  part: number;
  done: Attachment | null;
  /** What the server said, empty where it did not answer; null while it goes on. */
  error: string | null;
}

export interface Uploads {
  list: readonly Uploading[];
  /** Why the last file was not taken. */
  refused: { name: string; why: Refusal } | null;
  add: (files: Iterable<File>) => void;
  again: (id: string) => void;
  remove: (id: string) => void;
  /** After they were sent. */
  clear: () => void;
}

export function useUploads(connection: Connection | null, roomId: string): Uploads {
  const [list, setList] = useState<readonly Uploading[]>([]);
  const [refused, setRefused] = useState<Uploads["refused"]>(null);
  const running = useRef(new Map<string, Upload>());
  const change = useCallback((id: string, to: Partial<Uploading>) => {
    setList((before) => before.map((one) => (one.id === id ? { ...one, ...to } : one)));
  }, []);
  const start = useCallback(
    async (id: string) => {
      change(id, { error: null, part: 0 });
      try {
        const done = await running.current.get(id)?.send((part) => change(id, { part }));
        if (done) change(id, { done, part: 1 });
      } catch (error) {
        change(id, { error: error instanceof ApiError ? error.message : "" });
      }
    },
    [change],
  );

  const add = async (files: Iterable<File>) => {
    setRefused(null);
    for (const file of files) {
      const why = (await whyNot(file)) ?? (running.current.size >= MOST ? "many" : null);
      if (why) {
        setRefused({ name: file.name, why });
        continue;
      }
      const id = `${Date.now()}-${crypto.randomUUID()}`;
      running.current.set(id, upload(roomId, id, file));
      setList((before) => [...before, { id, name: file.name, part: 0, done: null, error: null }]);
      void start(id);
    }
  };
  const remove = (id: string) => {
    setList((before) => before.filter((one) => one.id !== id));
    running.current.get(id)?.cancel();
    running.current.delete(id);
  };
  const clear = () => {
    setList([]);
    setRefused(null);
    running.current.clear();
  };
  useConnectionEvents(connection, (event) => {
    // Also what goes on: on a wire that has died unnoticed it would go on for ever.
    if (event.type === "connected") for (const one of list) if (one.done === null) void start(one.id);
  });
  useEffect(() => {
    const all = running.current;
    return () => {
      for (const one of all.values()) one.cancel();
    };
  }, []);
  return { list, refused, add: (files) => void add(files), again: (id) => void start(id), remove, clear };
}

async function whyNot(file: File): Promise<Refusal | null> {
  if (file.size > LARGEST) return "size";
  return (await isAccepted(file)) ? null : "type";
}
