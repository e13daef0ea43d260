// The conversation of whoever is signed in, with their bookings. The room is their own user id; staff are named as the
// server names them.
import { useMemo, useState } from "react";
import { bannerTone, ConnectionSentence } from "@/components/connection-banner";
import { ConversationView } from "@/components/conversation/conversation-view";
import { Sign } from "@/components/logo";
import { words as shared } from "@/components/messages";
import { PresenceDot } from "@/components/presence-dot";
import { FRAMES, INKS } from "@/components/tones";
import type { Person } from "@/lib/api/get-session";
import { useDraftSync } from "@/lib/chat/use-draft";
import { useOutbox, useSent } from "@/lib/chat/use-outbox";
import { CUSTOMER_LIMITS } from "@/lib/freshness";
import { useAttention, useSupport } from "@/lib/presence/use-presence";
import type { Connection } from "@/lib/socket/connection";
import { useConnection } from "@/lib/socket/use-connection";
import { type LiveState, useLive } from "@/lib/socket/use-live";
import { useMedia } from "@/lib/use-media";
import { words } from "./messages";
import { BesideBookings, BookingStrip } from "./own-bookings";
import { inStream } from "./received-card";
import { useOwn } from "./use-own";

export function CustomerChat({ me }: { me: Person }) {
  const connection = useConnection();
  useAttention(connection);
  const outbox = useOutbox(connection, me._id);
  useDraftSync(connection, outbox, me._id);
  const [reload, setReload] = useState(0);
  const live = useLive(connection, {
    limits: CUSTOMER_LIMITS,
    onMissed: (why) => {
      if (why === "behind") setReload((before) => before + 1);
    },
  });
  useSent(outbox, ({ seq }) => live.noteShown(seq));
  const own = useOwn(connection);
  const beside = useMedia("(min-width: 56.25rem)", true);
  const received = useMemo(() => own.payments && inStream(own.payments), [own.payments]);
  return (
    <main className="mx-auto flex min-h-0 w-full max-w-[720px] flex-1 flex-col md:p-6 min-[900px]:grid min-[900px]:max-w-[1064px] min-[900px]:grid-cols-[320px_minmax(0,1fr)] min-[900px]:gap-6">
      {beside ? <BesideBookings own={own} /> : <BookingStrip own={own} />}
      <section
        aria-labelledby="support"
        className="card flex min-h-0 flex-1 flex-col overflow-hidden max-md:rounded-none max-md:border-0"
      >
        <Head live={live} connection={connection} />
        <ConversationView
          connection={connection}
          outbox={outbox}
          roomId={me._id}
          me={me}
          placeholder={words.write}
          reload={reload}
          between={received}
        />
      </section>
    </main>
  );
}

const BARS = {
  none: "border-line",
  warn: `${FRAMES.warn} ${INKS.warn}`,
  bad: `${FRAMES.bad} ${INKS.bad}`,
} as const;
/** On a phone the sentence has the room: it says the same. */
const TAGS = { warn: "tag-warn max-sm:sr-only", bad: "tag-bad max-sm:sr-only" } as const;

function Head({ live, connection }: { live: LiveState; connection: Connection | null }) {
  const tone = bannerTone(live);
  const support = useSupport(connection);
  // On a phone as high as the longest of its sentences, in whichever state: what stands below would jump with each.
  return (
    <div
      className={`flex min-h-14 flex-none items-center gap-3 border-b px-4 py-2 max-sm:min-h-20 md:px-5 ${BARS[tone ?? "none"]}`}
    >
      <span className={tone ? "sr-only" : "relative flex-none"}>
        <Sign />
        {!tone && <PresenceDot state={support} />}
      </span>
      <div className={tone ? "sr-only" : "min-w-0 flex-1"}>
        <h2 id="support" className="text-[15px] leading-5 font-[650] tracking-[-0.01em]">
          {words.support}
        </h2>
        <p role="status" data-support={support} className="min-h-4 text-tiny leading-4 text-ink-3">
          {!tone && support && words.presence[support]}
        </p>
      </div>
      {tone && <ConnectionSentence live={live} connection={connection} desk={false} />}
      <span
        role="status"
        data-freshness={live.freshness}
        className={`tag ${tone ? TAGS[tone] : live.freshness === "live" ? "tag-good" : ""}`}
      >
        {shared.state[live.freshness]}
      </span>
    </div>
  );
}
