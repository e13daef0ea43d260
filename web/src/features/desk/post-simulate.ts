// POST /api/simulate (development): plays one paid booking through the real webhook with a real signature.
import { request } from "@/lib/api/http";

export async function postSimulate(): Promise<void> {
  await request("/api/simulate", { method: "POST", body: {} });
}
