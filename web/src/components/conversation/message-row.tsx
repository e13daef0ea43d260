// One message: bubble, name, time, and how far it got.
import { Check, CheckCheck, CircleAlert, Clock } from "lucide-react";
import type { Message } from "@/lib/chat/conversation";
import type { Waiting } from "@/lib/chat/outbox";
import { hour } from "@/lib/format/time";
import { Avatar } from "../avatar";
import { words } from "../messages";

const BENGALI = /[\u0980-\u09ff]/;
const BUBBLE = "w-fit max-w-full rounded-[14px] px-3 py-[7px] text-sm leading-[21px] whitespace-pre-wrap wrap-anywhere";
const FOOT = "mx-1 mt-0.5 mb-2 flex items-center gap-1.5 text-[11px] leading-4 tabular-nums";

interface Props {
  message: Message;
  mine: boolean;
  /** Whether another of the same sender follows closely: name, time and ticks stand under the last of them. */
  goesOn: boolean;
}

export function MessageRow({ message, mine, goesOn }: Props) {
  const { senderName, senderId, text, time, status } = message;
  const language = BENGALI.test(text) ? "bn" : undefined;
  if (mine) {
    return (
      <div
        className="ml-auto flex max-w-[86%] flex-col items-end md:max-w-[76%]"
        data-message={message.id}
        data-seq={message.seq}
        tabIndex={-1}
      >
        <p lang={language} className={`${BUBBLE} rounded-br-[5px] bg-me text-ink`}>
          {text}
        </p>
        {goesOn ? (
          <span className="h-[3px]" />
        ) : (
          <p className={`${FOOT} text-ink-3`}>
            {words.conversation.you} · {hour(time)}
            <Tick status={status} />
          </p>
        )}
      </div>
    );
  }
  return (
    <div
      className="flex max-w-[86%] items-start gap-2 md:max-w-[76%]"
      data-message={message.id}
      data-seq={message.seq}
      tabIndex={-1}
    >
      <span className={goesOn ? "invisible" : ""}>
        <Avatar id={senderId} name={senderName} size="small" />
      </span>
      <div className="min-w-0">
        <p lang={language} className={`${BUBBLE} rounded-bl-[5px] bg-them text-ink`}>
          {text}
        </p>
        {goesOn ? (
          <span className="block h-[3px]" />
        ) : (
          <p className={`${FOOT} text-ink-3`}>
            {senderName} · {hour(time)}
          </p>
        )}
      </div>
    </div>
  );
}

function Tick({ status }: { status: Message["status"] }) {
  const Icon = status === "sent" ? Check : CheckCheck;
  return (
    <span className="flex items-center gap-1">
      <Icon size={15} strokeWidth={2.1} className={status === "seen" ? "text-brand" : ""} aria-hidden="true" />
      <span className={status === "sent" ? "sr-only" : ""}>{words.conversation[status]}</span>
    </span>
  );
}

interface WaitingProps {
  entry: Waiting;
  onAgain: (id: string) => void;
  onDrop: (id: string) => void;
}

export function WaitingRow({ entry, onAgain, onDrop }: WaitingProps) {
  const refused = entry.state === "refused";
  const Icon = refused ? CircleAlert : Clock;
  return (
    <div className="ml-auto flex max-w-[86%] flex-col items-end md:max-w-[76%]" data-message={entry.id}>
      <p className={`${BUBBLE} rounded-br-[5px] border text-ink-2 ${refused ? "border-bad" : "border-line-2"}`}>
        {entry.text}
      </p>
      <div className={`${FOOT} ${refused ? "text-bad-ink" : "text-ink-3"}`}>
        <Icon size={15} strokeWidth={1.75} className="flex-none" aria-hidden="true" />
        {refused
          ? words.conversation.refused(entry.error ?? "")
          : words.conversation[entry.state === "sending" ? "sending" : "waiting"]}
        {refused && (
          <>
            <button type="button" className="btn btn-line btn-small" onClick={() => onAgain(entry.id)}>
              {words.tryAgain}
            </button>
            <button type="button" className="btn btn-line btn-small" onClick={() => onDrop(entry.id)}>
              {words.conversation.remove}
            </button>
          </>
        )}
      </div>
    </div>
  );
}
