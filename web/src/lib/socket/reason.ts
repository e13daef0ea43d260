// Why a connection failed, in words: socket.io-client says "xhr poll error" and hides the server's answer inside.

interface TransportError extends Error {
  description?: unknown;
  context?: unknown;
}

export function reasonOf(error: TransportError): string {
  const status = typeof error.description === "number" && error.description > 0 ? `HTTP ${error.description}` : null;
  if (!status) return error.message;
  const said = serverSentence(error.context);
  return `${error.message} (${said ? `${status}: ${said}` : status})`;
}

function serverSentence(context: unknown): string | null {
  const text = (context as { responseText?: unknown } | undefined)?.responseText;
  if (typeof text !== "string") return null;
  try {
    const message = (JSON.parse(text) as { message?: unknown }).message;
    return typeof message === "string" ? message : null;
  } catch {
    return null;
  }
}
