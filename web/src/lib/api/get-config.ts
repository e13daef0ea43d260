// GET /config.json: what one build must know about the deployment it runs in.
import { queryOptions } from "@tanstack/react-query";

interface Config {
  /** Where sockets connect; empty for the page's own origin. */
  socketUrl: string;
  env: "development" | "production";
}

const OWN_ORIGIN: Config = { socketUrl: "", env: "production" };

async function getConfig(): Promise<Config> {
  const answer = await fetch("/config.json", { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
  return { ...OWN_ORIGIN, ...((await answer.json()) as Partial<Config>) };
}

export const configQuery = queryOptions({
  queryKey: ["config"],
  queryFn: getConfig,
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
});
