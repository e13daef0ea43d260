// The uploads of a conversation that is open, sent anew as soon as the connection is back.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { Connection } from "@/lib/socket/connection";
import { useConnectionEvents } from "@/lib/socket/use-connection";
import { type UploadList, uploadsOf } from "./upload-list";

export interface Uploads extends Readonly<UploadList["standing"]> {
  add: (files: Iterable<File>) => void;
  again: (id: string) => void;
  remove: (id: string) => void;
  /** After they were sent. */
  clear: () => void;
}

export function useUploads(connection: Connection | null, person: string, roomId: string): Uploads {
  const page = useQueryClient(); // there is one for as long as the page is
  const uploads = useMemo(() => uploadsOf(page, person, roomId), [page, person, roomId]);
  const standing = useSyncExternalStore(uploads.subscribe, () => uploads.standing);
  useConnectionEvents(connection, (event) => {
    // Also what goes on: on a wire that has died unnoticed it would go on for ever.
    if (event.type === "connected") uploads.tryAgain();
  });
  // What failed while another conversation was open: nobody told it that the connection is back.
  useEffect(() => uploads.tryAgain(({ error }) => error !== null), [uploads]);
  return {
    ...standing,
    add: (files) => void uploads.add(files),
    again: (id) => void uploads.again(id),
    remove: (id) => uploads.remove(id),
    clear: () => uploads.clear(),
  };
}
