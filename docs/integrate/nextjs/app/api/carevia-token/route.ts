// The page asks here for a token before every connection. `currentUser` is your own sign-in.
import { mintToken, type Person } from "../../../lib/carevia";

async function currentUser(request: Request): Promise<Person | null> {
  const id = request.headers.get("x-demo-user"); // replace by your session
  return id ? { id, role: "user" } : null;
}

export async function GET(request: Request): Promise<Response> {
  const person = await currentUser(request);
  if (!person) return Response.json({ message: "Sign in first" }, { status: 401 });
  return Response.json({ token: mintToken(person) }, { headers: { "cache-control": "no-store" } });
}
