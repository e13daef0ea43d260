// POST /api/login: e-mail and password; the answer also sets the session cookie.
import type { Person } from "@/lib/api/get-session";
import { request } from "@/lib/api/http";

export async function postLogin(email: string, password: string): Promise<Person> {
  return (await request<{ token: string; user: Person }>("/api/login", { method: "POST", body: { email, password } }))
    .user;
}
