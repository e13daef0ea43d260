import { Link } from "@tanstack/react-router";
import { ArrowLeft, X } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { Avatar } from "@/components/avatar";
import { ConversationView } from "@/components/conversation/conversation-view";
import { words as shared } from "@/components/messages";
import { PresenceDot } from "@/components/presence-dot";
import type { Person } from "@/lib/api/get-session";
import type { Outbox } from "@/lib/chat/outbox";
import { hour } from "@/lib/format/time";
import { focusPane, PANE } from "@/lib/keys/rows";
import { lastSeen, type Presence, stateOf } from "@/lib/presence/presence";
import type { Connection } from "@/lib/socket/connection";
import { ConversationActions } from "./conversation-actions";
import type { ConversationRow } from "./conversations";
import type { Conversation } from "./get-conversations";
import { words as lists } from "./lists/messages";
import { words } from "./messages";
import { useMarkRead } from "./use-mark-read";
import { useMoney } from "./use-money";

interface Props {
  roomId: string;
  /** Empty while it is not known. */
  name: string;
  me: Person;
  connection: Connection | null;
  outbox: Outbox | null;
  reload: number;
  presence: Presence | null;
  row: ConversationRow | undefined;
  at: number | undefined;
  onChanged: (row: Conversation) => void;
  /** Below the head, where the customer has no pane of their own. */
  strip: ReactNode;
}

export function ConversationPane(props: Props) {
  const { roomId, me, connection, outbox, reload, presence, row, at, onChanged, strip } = props;
  const name = props.name || lists.customer.label;
  const pane = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useMarkRead(connection, row);
  const money = useMoney(connection, roomId);
  const found = at !== undefined; // a message takes the focus then
  useEffect(() => {
    if (found) return;
    // On a phone the keyboard would cover what one has come to read.
    if (window.matchMedia?.("(pointer: coarse)").matches) heading.current?.focus();
    else if (pane.current) focusPane(pane.current);
  }, [found]);
  return (
    <section ref={pane} aria-labelledby="conversation" className="flex min-h-0 min-w-0 flex-col outline-none" {...PANE}>
      <div className="@container relative flex min-h-[60px] flex-none items-center py-1 gap-3 border-b border-line px-4 max-md:gap-2 max-md:px-2 max-xs:flex-wrap">
        <Link
          to="/dashboard"
          search={{ view: "chat" }}
          replace // or the way back would lead to what was just left
          className="btn btn-quiet px-2 lg:hidden"
          aria-label={words.back}
        >
          <ArrowLeft size={18} strokeWidth={1.75} aria-hidden="true" />
        </Link>
        <span className="relative flex-none">
          {props.name ? <Avatar id={roomId} name={name} /> : <span className="block size-9 rounded-full bg-sunken" />}
          <PresenceDot state={stateOf(presence, roomId)} />
        </span>
        <div className="min-w-0 flex-1 max-xs:basis-1/3">
          <h2
            ref={heading}
            id="conversation"
            tabIndex={-1}
            className="line-clamp-2 outline-none text-[15px] leading-[18px] font-[650] tracking-[-0.01em] wrap-anywhere"
            title={name}
          >
            {name}
          </h2>
          <CustomerPresence presence={presence} roomId={roomId} />
        </div>
        {row && <ConversationActions {...{ connection, row, onChanged }} me={me._id} />}
        <Link
          to="/dashboard"
          search={{ view: "chat" }}
          replace
          className="btn btn-quiet px-2 max-lg:hidden"
          aria-label={words.close}
        >
          <X size={16} strokeWidth={1.75} aria-hidden="true" />
        </Link>
      </div>
      {strip}
      <ConversationView
        connection={connection}
        outbox={outbox}
        roomId={roomId}
        me={me}
        placeholder={words.writeTo(row?.firstName || name)}
        reload={reload}
        at={at}
        between={money}
      />
    </section>
  );
}

/** Always as high, so nothing moves when the page learns of it. */
function CustomerPresence({ presence, roomId }: { presence: Presence | null; roomId: string }) {
  const state = stateOf(presence, roomId);
  const seen = lastSeen(presence, roomId);
  return (
    <p className="h-[1lh] truncate text-tiny leading-4 text-ink-3" aria-hidden="true">
      {seen !== null ? shared.presence.left(hour(seen)) : state && shared.presence[state]}
    </p>
  );
}
