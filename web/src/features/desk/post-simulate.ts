// POST /api/simulate (development): plays one paid booking through the real webhook with a real signature.
import { request } from "@/lib/api/http";

export async function postSimulate(): Promise<string> {
  return (await request<{ trackingId: string }>("/api/simulate", { method: "POST", body: {} })).trackingId;
}
