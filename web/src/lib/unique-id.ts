/** Hard to guess, and of 32 letters and digits. `randomUUID` is missing where a page came without TLS from another
 * machine, as on a phone that tries a laptop's Carevia. */
export function uniqueId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
