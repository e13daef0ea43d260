// Durable events end in their offset, a string that socket.io-client remembers for recovery. It is no part of what the
// event says. Other events never end in a string: the server appends null to those that would.

interface Parted {
  args: unknown[];
  /** The journal's number, for durable events. */
  seq: number | null;
}

export function partOffset(args: readonly unknown[]): Parted {
  const last = args.at(-1);
  if (typeof last === "string") return { args: args.slice(0, -1), seq: journalNumber(last) };
  if (last === null && typeof args.at(-2) === "string") return { args: args.slice(0, -1), seq: null };
  return { args: [...args], seq: null };
}

function journalNumber(offset: string): number | null {
  const digits = /\.(\d+)$/.exec(offset)?.[1];
  return digits === undefined ? null : Number(digits);
}
