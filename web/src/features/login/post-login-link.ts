// POST /api/login/link: a one-time link signs its owner in, once.
import type { Person } from "@/lib/api/get-session";
import { request } from "@/lib/api/http";

export async function postLoginLink(token: string): Promise<Person> {
  return (await request<{ user: Person }>("/api/login/link", { method: "POST", body: { token } })).user;
}
