// What is being written: a message, or for staff a private note. Each has its own draft; who changes over to one that is
// empty takes along what they have written.
import { useState } from "react";
import { drafts, noteOf } from "@/lib/chat/drafts";
import { useDraft } from "@/lib/chat/use-draft";

export function useWriting(person: string, room: string, staff: boolean) {
  const [message, setMessage] = useDraft(person, room);
  const [noted, setNoted] = useDraft(person, noteOf(room));
  const [note, setNote] = useState(staff && noted !== "" && message === "");
  const [text, setText] = note ? [noted, setNoted] : [message, setMessage];
  const choose = (next: boolean) => {
    if (next !== note && (next ? noted : message) === "") {
      (next ? setNoted : setMessage)(text);
      setText("");
    }
    setNote(next);
  };
  /** Where what is begun lies by now. */
  const kept = text === "" ? null : drafts.kept(person, note ? noteOf(room) : room);
  return { note, text, setText, choose, kept };
}
