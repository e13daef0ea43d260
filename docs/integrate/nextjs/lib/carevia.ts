// Server side only: the secrets must never reach a browser. In a Next.js project begin with: import "server-only";
import { createHmac, randomUUID } from "node:crypto";

export type Booking = {
  userId: string;
  userEmail?: string;
  userName?: string;
  serviceName?: string;
  trackingId?: string;
  amountPaid?: string;
  sessionId?: string;
};
export type Person = { id: string; role: "admin" | "user"; email?: string; name?: string };

/** One signed POST /emit-booking. Keep `id` and call again while the status is 503: the booking is announced once. */
export async function emitBooking(booking: Booking, id: string = `site_${randomUUID()}`): Promise<number> {
  const body = JSON.stringify(booking);
  const timestamp = Math.floor(Date.now() / 1000);
  const key = Buffer.from(process.env.CAREVIA_EMIT_SECRET!.replace(/^whsec_/, ""), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  const answer = await fetch(`${process.env.CAREVIA_URL}/emit-booking`, {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": `v1,${signature}`,
    },
  });
  return answer.status;
}

/** A token for `io(url, {auth: {token}})`, good for five minutes. */
export function mintToken(person: Person, seconds: number = 300): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const unsigned = `${part({ alg: "HS256", typ: "JWT" })}.${part({ ...person, iat: now, exp: now + seconds })}`;
  return `${unsigned}.${createHmac("sha256", process.env.CAREVIA_JWT_SECRET!).update(unsigned).digest("base64url")}`;
}
