// One message: bubble, name, time, and how far it got.
import { Check, CheckCheck, CircleAlert, Clock, StickyNote } from "lucide-react";
import { memo } from "react";
import { said } from "@/lib/api/said";
import type { Message } from "@/lib/chat/conversation";
import type { Shown } from "@/lib/chat/outbox";
import { isolated } from "@/lib/format/names";
import { hour } from "@/lib/format/time";
import { useLanguage, writtenIn } from "@/lib/language";
import { Avatar } from "../avatar";
import { Sign } from "../logo";
import { words } from "../messages";
import { PassingButton } from "../passing-button";
import { AttachmentList } from "./attachment-list";
import { LinkedText } from "./linked-text";
import { words as inside } from "./messages";

const BUBBLE = "w-fit max-w-full rounded-[14px] px-3 py-[7px] text-sm leading-[1.5] whitespace-pre-wrap wrap-anywhere";
const FOOT = "mx-1 mt-0.5 mb-2 flex items-center gap-1.5 text-tiny leading-4 tabular-nums";

/** Written from the right where its writer did. */
const scriptOf = (text: string) => ({ ...writtenIn(text), dir: "auto" });

interface Props {
  message: Message;
  mine: boolean;
  /** Whether customers read it, for whom the house is one person. */
  house: boolean;
  /** Whether another of the same sender follows closely: name, time and ticks stand under the last of them. */
  goesOn: boolean;
}

export const MessageRow = memo(function MessageRow({ message, mine, house, goesOn }: Props) {
  const { senderName, senderId, text, time, status, attachments, note } = message;
  useLanguage();
  const script = scriptOf(text);
  const marks = { "data-message": message.id, "data-seq": message.seq, tabIndex: -1 };
  if (note) return <NoteRow message={message} script={script} />;
  if (mine) {
    return (
      <li className="ml-auto flex max-w-[86%] flex-col items-end md:max-w-[76%]" {...marks}>
        <Said name={words.conversation.you} time={time} />
        {text && (
          <p {...script} className={`${BUBBLE} rounded-br-[5px] bg-me text-ink`}>
            <LinkedText text={text} />
          </p>
        )}
        <AttachmentList attachments={attachments} />
        {goesOn ? (
          <span className="h-[3px]" />
        ) : (
          <p className={`${FOOT} text-ink-3`} aria-live="off">
            <span aria-hidden="true">
              {words.conversation.you} · {hour(time)}
            </span>
            <Tick status={status} />
          </p>
        )}
      </li>
    );
  }
  return (
    <li className="flex max-w-[86%] items-start gap-2 md:max-w-[76%]" {...marks}>
      <Said name={senderName} time={time} />
      <span className={goesOn ? "invisible" : ""}>
        {house ? <Sign size={26} /> : <Avatar id={senderId} name={senderName} size="small" />}
      </span>
      <div className="min-w-0">
        {text && (
          <p {...script} className={`${BUBBLE} rounded-bl-[5px] bg-them text-ink`}>
            <LinkedText text={text} />
          </p>
        )}
        <AttachmentList attachments={attachments} />
        {goesOn ? (
          <span className="block h-[3px]" />
        ) : (
          <p className={`${FOOT} text-ink-3`} aria-hidden="true">
            {isolated(senderName)} · {hour(time)}
          </p>
        )}
      </div>
    </li>
  );
});

/** Read before the text, as one would say it; what stands below the bubble is for the eye. */
function Said({ name, time }: { name: string; time: number }) {
  return <span className="sr-only">{inside.said(name, hour(time))}</span>;
}

function NoteRow({ message, script }: { message: Message; script: ReturnType<typeof scriptOf> }) {
  const { senderName, text, time } = message;
  return (
    <li
      className="mx-auto mb-2 flex w-full max-w-[92%] items-start gap-2 rounded-[10px] border border-dashed border-note-line bg-note px-3 py-2"
      data-message={message.id}
      data-seq={message.seq}
    >
      <StickyNote size={15} strokeWidth={1.75} className="mt-[3px] flex-none text-ink-2" aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <p {...script} className="text-sm leading-[1.5] whitespace-pre-wrap text-ink wrap-anywhere">
          <LinkedText text={text} />
        </p>
        <p className="text-tiny leading-4 text-ink-2 tabular-nums">
          {inside.noteBy(isolated(senderName))} · {hour(time)}
        </p>
      </div>
    </li>
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
  entry: Shown;
  onAgain: (id: string) => void;
  onDrop: (id: string) => void;
}

export function WaitingRow({ entry, onAgain, onDrop }: WaitingProps) {
  const refused = entry.state === "refused";
  const storing = entry.state === "storing"; // as high as it will be in a moment, with its button
  const Icon = refused ? CircleAlert : Clock;
  const takeBack = refused ? words.conversation.remove : words.conversation.cancel;
  return (
    <div className="ml-auto flex max-w-[86%] flex-col items-end md:max-w-[76%]" data-message={entry.id}>
      {entry.text && (
        <p
          {...scriptOf(entry.text)}
          className={`${BUBBLE} rounded-br-[5px] border text-ink-2 ${refused ? "border-bad" : "border-line-2"} ${entry.more.note ? "border-dashed bg-note" : ""}`}
        >
          {entry.text}
        </p>
      )}
      <AttachmentList attachments={entry.more.attachments ?? []} />
      <div className={`${FOOT} ${refused ? "text-bad-ink" : "text-ink-3"} ${storing ? "min-h-7" : ""}`}>
        <Icon size={15} strokeWidth={1.75} className="flex-none" aria-hidden="true" />
        {refused
          ? words.conversation.refused(entry.refused ? said(entry.refused) : words.conversation.noAnswer)
          : words.conversation[entry.state === "waiting" ? "waiting" : "sending"]}
        {refused && (
          <PassingButton className="btn btn-line btn-small" onClick={() => onAgain(entry.id)}>
            {words.tryAgain}
          </PassingButton>
        )}
        {(entry.state === "waiting" || refused) && (
          <PassingButton
            className="btn btn-line btn-small"
            aria-label={words.conversation.about(takeBack, entry.text)}
            onClick={() => onDrop(entry.id)}
          >
            {takeBack}
          </PassingButton>
        )}
      </div>
    </div>
  );
}
