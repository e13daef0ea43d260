import { Link } from "@tanstack/react-router";
import { ArrowLeft, X } from "lucide-react";
import { Avatar } from "@/components/avatar";
import { ConversationView } from "@/components/conversation/conversation-view";
import type { Person } from "@/lib/api/get-session";
import type { Outbox } from "@/lib/chat/outbox";
import type { Connection } from "@/lib/socket/connection";
import { ConversationActions } from "./conversation-actions";
import type { ConversationRow } from "./conversations";
import type { Conversation } from "./get-conversations";
import { words } from "./messages";
import { useMarkRead } from "./use-mark-read";

interface Props {
  roomId: string;
  name: string;
  me: Person;
  connection: Connection | null;
  outbox: Outbox | null;
  reload: number;
  row: ConversationRow | undefined;
  at: number | undefined;
  onChanged: (row: Conversation) => void;
}

export function ConversationPane({ roomId, name, me, connection, outbox, reload, row, at, onChanged }: Props) {
  useMarkRead(connection, row);
  return (
    <section aria-labelledby="conversation" className="flex min-h-0 min-w-0 flex-col">
      <div className="flex h-[60px] flex-none items-center gap-3 border-b border-line px-4 max-md:px-2">
        <Link
          to="/dashboard"
          search={{ view: "chat" }}
          className="btn btn-quiet px-2 md:hidden"
          aria-label={words.back}
        >
          <ArrowLeft size={18} strokeWidth={1.75} aria-hidden="true" />
        </Link>
        <Avatar id={roomId} name={name} />
        <h2
          id="conversation"
          className="min-w-0 flex-1 truncate text-[15px] leading-6 font-[650] tracking-[-0.01em]"
          title={name}
        >
          {name}
        </h2>
        {row && <ConversationActions row={row} me={me._id} onChanged={onChanged} />}
        <Link
          to="/dashboard"
          search={{ view: "chat" }}
          className="btn btn-quiet px-2 max-md:hidden"
          aria-label={words.close}
        >
          <X size={16} strokeWidth={1.75} aria-hidden="true" />
        </Link>
      </div>
      <ConversationView
        connection={connection}
        outbox={outbox}
        roomId={roomId}
        me={me}
        placeholder={words.writeTo(name)}
        reload={reload}
        at={at}
      />
    </section>
  );
}
