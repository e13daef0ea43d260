import { useLayoutEffect, useRef, useState } from "react";

/** When the sign-in of whoever was on this page ended, ms since 1970; null where nobody was. */
export function useSignInEnd(signedIn: boolean): number | null {
  const before = useRef(signedIn);
  const [ended, setEnded] = useState<number | null>(null);
  useLayoutEffect(() => {
    if (before.current !== signedIn) setEnded(signedIn ? null : Date.now());
    before.current = signedIn;
  }, [signedIn]);
  return ended;
}
