// /docs: the API, from the server's own description. Nothing is loaded from elsewhere.
import { useQuery } from "@tanstack/react-query";
import { Loading } from "@/components/loading";
import { PageHeader } from "@/components/page-header";
import { Problem } from "@/components/problem";
import { useTitle } from "@/lib/use-title";
import { getOpenApi, type OpenApi, type Operation } from "./get-openapi";
import { words } from "./messages";
import { OperationCard } from "./operation-card";

export function ApiDocsPage() {
  const heading = useTitle(words.title);
  const { data: api, error, isPending, refetch } = useQuery({ queryKey: ["openapi"], queryFn: getOpenApi });
  return (
    <div className="flex min-h-full flex-col">
      <PageHeader title={words.title} heading={heading} />
      <main className="mx-auto w-full max-w-[960px] px-4 py-6">
        <p className="mb-5 text-[15px] leading-6 text-ink-2">
          {words.lead}{" "}
          <a href="/openapi.json" className="underline">
            {words.raw}
          </a>
        </p>
        {isPending && <Loading />}
        {error && <Problem text={words.failed(error.message)} onRetry={() => void refetch()} />}
        {api && (
          <div lang="en">
            <Description api={api} />
          </div>
        )}
      </main>
    </div>
  );
}

interface Entry {
  id: string;
  method: string;
  path: string;
  operation: Operation;
}

function Description({ api }: { api: OpenApi }) {
  const groups = groupsOf(api);
  return (
    <>
      <nav aria-label={words.contents} className="card mb-6 p-4">
        <ul className="grid gap-x-6 gap-y-1 md:grid-cols-2">
          {[...groups.values()].flat().map(({ id, method, path }) => (
            <li key={id} className="min-w-0">
              <a href={`#${id}`} className="mono wrap-anywhere">
                {method} {path}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {[...groups].map(([tag, entries]) => (
        <section key={tag} className="mb-8" aria-label={tag}>
          <h2 className="mb-3 text-xl leading-7 font-[670] capitalize">{tag}</h2>
          <div className="flex flex-col gap-4">
            {entries.map((entry) => (
              <OperationCard key={entry.id} api={api} {...entry} />
            ))}
          </div>
        </section>
      ))}
    </>
  );
}

const METHODS = ["get", "post", "put", "patch", "delete"];

function groupsOf(api: OpenApi): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const [path, operations] of Object.entries(api.paths ?? {})) {
    for (const [method, operation] of Object.entries(operations)) {
      if (!METHODS.includes(method)) continue;
      const tag = operation.tags?.[0] ?? words.other;
      const id = `${method}${path.replaceAll(/[^a-zA-Z0-9]+/g, "-")}`;
      groups.set(tag, [...(groups.get(tag) ?? []), { id, method: method.toUpperCase(), path, operation }]);
    }
  }
  return groups;
}
