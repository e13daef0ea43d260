// How the pages talk to the API: JSON in the envelope {success, message, data}. One API call per file stands on this.
import { digits } from "@/lib/format/number";
import { noteAnswered } from "@/lib/server-clock";
import { words } from "./messages";
import { said } from "./said";

/** The server said no, or nothing at all (status 0). `message` is a sentence for a person, in the language of the page. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    /** As the server said it. */
    readonly sentence: string | null,
    readonly retryAfter: number | null = null,
  ) {
    super();
  }

  override get message(): string {
    if (this.sentence !== null) return said(this.sentence);
    // Who answers well, and not as the server does, is somebody else: the sign-in page of a hotel's network.
    return this.status < 400 ? words.silent : words.unexplained(digits(this.status));
  }
}

interface Envelope {
  success?: boolean;
  message?: string;
  data?: unknown;
  [beside: string]: unknown;
}

interface RequestOptions {
  method?: "GET" | "POST";
  body?: unknown;
  signal?: AbortSignal;
  /** Goes out also where the page is being left. */
  keepalive?: boolean;
}

/** The whole envelope of a good answer: cursor lists carry `hasMore` beside `data`. Throws ApiError. */
export async function requestEnvelope(path: string, options: RequestOptions = {}): Promise<Envelope> {
  const answer = await reach(path, options);
  const envelope = (await answer.json().catch(() => null)) as Envelope | null;
  if (!answer.ok || !envelope || envelope.success === false) {
    throw new ApiError(answer.status, envelope?.message ?? null, seconds(answer.headers.get("retry-after")));
  }
  noteAnswered(answer.headers.get("date"));
  return envelope;
}

/** The `data` of a good answer. Throws ApiError. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  return (await requestEnvelope(path, options)).data as T;
}

async function reach(path: string, { method = "GET", body, signal, keepalive }: RequestOptions): Promise<Response> {
  const init: RequestInit = { method, credentials: "same-origin", headers: { accept: "application/json" } };
  if (signal) init.signal = signal;
  if (keepalive) init.keepalive = true;
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { ...init.headers, "content-type": "application/json" };
  }
  try {
    return await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, null);
  }
}

function seconds(header: string | null): number | null {
  const value = Number(header);
  return header && Number.isFinite(value) ? value : null;
}
