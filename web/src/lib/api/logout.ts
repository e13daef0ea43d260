// POST /api/logout: ends the session here and on the server.
import { request } from "./http";

export async function logout(): Promise<void> {
  await request("/api/logout", { method: "POST", body: {} });
}
