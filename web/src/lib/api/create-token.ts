// POST /api/session/token: a token of a few minutes for a socket on another origin, where the session cookie does not go.
import { request } from "./http";

export async function createToken(): Promise<string> {
  return (await request<{ token: string; expiresAt: string }>("/api/session/token", { method: "POST", body: {} }))
    .token;
}
