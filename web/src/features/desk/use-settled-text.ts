import { useEffect, useState } from "react";

const TYPED = 200;

/** Not a request for every letter. */
export function useSettledText(text: string): string {
  const [settledText, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), text === "" ? 0 : TYPED);
    return () => clearTimeout(timer);
  }, [text]);
  return text === "" ? "" : settledText;
}
