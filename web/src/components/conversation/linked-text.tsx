// Text of a message with its links. React escapes the text; the links are those that lib/chat/links.ts calls safe.
import { Fragment } from "react";
import { parts } from "@/lib/chat/links";
import { words } from "./messages";

export function LinkedText({ text }: { text: string }) {
  return parts(text).map((part, place) =>
    part.href === undefined ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: a message's text never changes
      <Fragment key={place}>{part.text}</Fragment>
    ) : (
      <a
        // biome-ignore lint/suspicious/noArrayIndexKey: a message's text never changes
        key={place}
        href={part.href}
        target="_blank"
        rel="noopener noreferrer nofollow"
        className="underline underline-offset-2"
      >
        {part.text}
        <span className="sr-only"> ({words.opensNew})</span>
      </a>
    ),
  );
}
