// The HTTP side of the server, as far as a test needs it: answers by "METHOD path", with its query or without.
import { vi } from "vitest";

export interface Reply {
  status?: number;
  body: unknown;
  headers?: Record<string, string>;
}
type Answer = Reply | ((body: unknown) => Reply | Promise<Reply>);

export interface Request {
  method: string;
  path: string;
  body: unknown;
}

export const data = (value: unknown): Reply => ({ body: { success: true, message: "ok", data: value } });
export const refusal = (status: number, message: string, headers: Record<string, string> = {}): Reply => ({
  status,
  body: { success: false, message },
  headers,
});

const USUAL: Record<string, Answer> = {
  "GET /config.json": { body: { socketUrl: "", env: "development", guestSockets: true } },
  "GET /api/session": data({ user: null }),
};

/** Fails where whoever asks waits no more. */
const givenUp = (signal: AbortSignal | null | undefined) =>
  new Promise<never>((_, fail) => signal?.addEventListener("abort", () => fail(signal.reason)));

/** Replaces fetch; gives the list of the requests that come. What has no answer is 404. */
export function serve(answers: Record<string, Answer>): Request[] {
  const requests: Request[] = [];
  const all = { ...USUAL, ...answers };
  vi.stubGlobal("fetch", async (input: string, init: RequestInit = {}) => {
    const path = input.split("?")[0] ?? input;
    const body = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
    const method = init.method ?? "GET";
    requests.push({ method, path: input, body });
    const answer = all[`${method} ${input}`] ?? all[`${method} ${path}`] ?? refusal(404, "There is no such address.");
    const reply = await Promise.race([typeof answer === "function" ? answer(body) : answer, givenUp(init.signal)]);
    return new Response(JSON.stringify(reply.body), { status: reply.status ?? 200, headers: reply.headers ?? {} });
  });
  return requests;
}
