// What a Node server needs to speak to Carevia: nothing but Node's own crypto.
import { createHmac, randomUUID } from "node:crypto";

/** Standard Webhooks headers for a body that goes to POST /emit-booking. `secret` is CAREVIA_EMIT_SECRET ("whsec_<base64>"). */
export function sign(body, secret, id = `site_${randomUUID()}`, timestamp = Math.floor(Date.now() / 1000)) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": `v1,${signature}`,
  };
}

/** An HS256 token for Carevia. `person` is {id, role: "admin" | "user", email?, name?}; `secret` is CAREVIA_JWT_SECRET. */
export function mintToken(person, secret, seconds = 300) {
  const now = Math.floor(Date.now() / 1000);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const unsigned = `${part({ alg: "HS256", typ: "JWT" })}.${part({ ...person, iat: now, exp: now + seconds })}`;
  return `${unsigned}.${createHmac("sha256", secret).update(unsigned).digest("base64url")}`;
}

/** Tell Carevia of a paid booking, until it has stored it. A 409 means that it has the id already, which is as good. */
export async function emitBooking(url, booking, secret) {
  const body = JSON.stringify(booking);
  const id = `site_${randomUUID()}`; // one id for all tries: the booking is announced once
  for (;;) {
    const answer = await fetch(`${url}/emit-booking`, { method: "POST", headers: sign(body, secret, id), body }).catch(() => null);
    if (answer && (answer.ok || answer.status === 409)) return answer.status;
    if (answer && answer.status < 500 && answer.status !== 429) throw new Error(`${answer.status}: ${await answer.text()}`);
    const seconds = Number(answer?.headers.get("retry-after") ?? 2);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}
