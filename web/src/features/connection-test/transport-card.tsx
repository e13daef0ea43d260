import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { configQuery } from "@/lib/api/get-config";
import { displayName, type Person } from "@/lib/api/get-session";
import type { Snapshot } from "@/lib/socket/connection";
import { words } from "./messages";

interface Props {
  snapshot: Snapshot;
  person: Person | null;
}

export function TransportCard({ snapshot, person }: Props) {
  const { data: config } = useQuery(configQuery);
  return (
    <section className="card p-4" aria-labelledby="transport">
      <div className="mb-3 flex items-center justify-between">
        <h2 id="transport" className="text-[15px] leading-6 font-[650]">
          {words.transport}
        </h2>
        {snapshot.transport && (
          <span
            className={`tag ${snapshot.transport === "websocket" ? "tag-good" : ""}`}
            data-transport={snapshot.transport}
          >
            {words.transportName[snapshot.transport]}
          </span>
        )}
      </div>
      <dl className="grid grid-cols-[96px_minmax(0,1fr)] gap-x-3 gap-y-1.5">
        <Row name={words.server}>
          <span className="mono wrap-anywhere">{config?.socketUrl || window.location.origin}</span>
        </Row>
        <Row name={words.signedInAs}>
          {person ? `${displayName(person)}, ${words.role[person.role]}` : words.nobody}
        </Row>
      </dl>
      <p className="mt-3 border-t border-line pt-3 text-ink-2">
        {person ? (
          words[person.role === "admin" ? "staffSee" : "customerSee"]
        ) : (
          <Link to="/login" search={{ next: "/test-socket" }} className="font-medium">
            {words.signIn}
          </Link>
        )}
      </p>
    </section>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}
