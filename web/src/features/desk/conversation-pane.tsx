import { Link } from "@tanstack/react-router";
import { ArrowLeft, X } from "lucide-react";
import { Avatar } from "@/components/avatar";
import { ConversationView } from "@/components/conversation/conversation-view";
import { words as shared } from "@/components/messages";
import { PresenceDot } from "@/components/presence-dot";
import type { Person } from "@/lib/api/get-session";
import type { Outbox } from "@/lib/chat/outbox";
import { hour } from "@/lib/format/time";
import { type Presence, stateOf } from "@/lib/presence/presence";
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
  presence: Presence | null;
  row: ConversationRow | undefined;
  at: number | undefined;
  onChanged: (row: Conversation) => void;
}

export function ConversationPane(props: Props) {
  const { roomId, name, me, connection, outbox, reload, presence, row, at, onChanged } = props;
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
        <span className="relative flex-none">
          <Avatar id={roomId} name={name} />
          <PresenceDot state={stateOf(presence, roomId)} />
        </span>
        <div className="min-w-0 flex-1">
          <h2 id="conversation" className="truncate text-[15px] leading-5 font-[650] tracking-[-0.01em]" title={name}>
            {name}
          </h2>
          <CustomerPresence presence={presence} roomId={roomId} />
        </div>
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

/** Always as high, so nothing moves when the page learns of it. */
function CustomerPresence({ presence, roomId }: { presence: Presence | null; roomId: string }) {
  const state = stateOf(presence, roomId);
  const left = state === "offline" ? presence?.left.get(roomId) : undefined;
  return (
    <p className="h-[1lh] truncate text-tiny leading-4 text-ink-3" aria-hidden="true">
      {left !== undefined ? shared.presence.left(hour(left)) : state && shared.presence[state]}
    </p>
  );
}
