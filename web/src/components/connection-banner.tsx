// The bar's sentence while the page is not live: what happened, what is safe, what to do.
import { saidWithin } from "@/lib/api/said";
import { clock } from "@/lib/format/time";
import type { Connection } from "@/lib/socket/connection";
import { useSnapshot } from "@/lib/socket/use-connection";
import type { LiveState } from "@/lib/socket/use-live";
import { useNow } from "@/lib/use-now";
import { words } from "./messages";
import { PassingButton } from "./passing-button";

/** Whether the page must say that it is not live; "checking" and the first moments are no news. */
export function bannerTone(live: LiveState): "warn" | "bad" | null {
  if (live.freshness === "stale" || live.freshness === "reconnecting") return "warn";
  return live.freshness === "offline" || live.freshness === "refused" || live.freshness === "ended" ? "bad" : null;
}

interface Props {
  live: LiveState;
  connection: Connection | null;
  /** Whose page it is: the desk's, or a customer's chat. */
  desk: boolean;
}

export function ConnectionSentence({ live, connection, desk }: Props) {
  const { message, retryAt } = useSnapshot(connection);
  const { freshness, lastLive } = live;
  return (
    <>
      <span
        role="alert"
        className="min-w-0 flex-1 text-[13px] leading-[17px] font-medium max-md:text-[12px] max-md:leading-[15px]"
      >
        {freshness === "refused" && words.refused(saidWithin(message ?? ""))}
        {freshness === "ended" && words.ended}
        {freshness !== "refused" &&
          freshness !== "ended" &&
          (lastLive === null ? words.staleNever : (desk ? words.stale : words.staleChat)(clock(lastLive)))}
      </span>
      <PassingButton className="btn btn-line btn-small" onClick={() => connection?.retry()}>
        {freshness === "ended" ? words.connectAgain : words.tryNow}
        {retryAt !== null && <Countdown to={retryAt} />}
      </PassingButton>
    </>
  );
}

/** For the eye only: a button whose name changes every second cannot be listened to. As wide at 3 as at 0. */
function Countdown({ to }: { to: number }) {
  const left = Math.max(0, Math.ceil((to - useNow(250)) / 1_000));
  return (
    <span aria-hidden="true" className="tabular-nums">
      {words.seconds(left)}
    </span>
  );
}
