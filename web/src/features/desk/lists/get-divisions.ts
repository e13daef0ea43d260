// GET /api/catalogue: the divisions that can be asked for.
import { request } from "@/lib/api/http";

export async function getDivisions(signal?: AbortSignal): Promise<Record<string, string>> {
  const { divisions } = await request<{ divisions: { name: string }[] }>("/api/catalogue", signal ? { signal } : {});
  return Object.fromEntries(divisions.map(({ name }) => [name, name]));
}
