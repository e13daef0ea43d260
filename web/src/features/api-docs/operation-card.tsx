import type { ReactNode } from "react";
import type { OpenApi, Operation, Parameter, Schema } from "./get-openapi";
import { words } from "./messages";
import { type FieldRow, fieldsOf, typeName } from "./schema";

interface Props {
  api: OpenApi;
  id: string;
  method: string;
  path: string;
  operation: Operation;
}

export function OperationCard({ api, id, method, path, operation }: Props) {
  const { summary, description, parameters = [], requestBody, responses = {} } = operation;
  return (
    <article id={id} className="card scroll-mt-4 overflow-hidden">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-3">
        <span className={`tag ${method === "GET" ? "tag-good" : "tag-warn"}`}>{method}</span>
        <h3 className="mono min-w-0 text-sm font-semibold wrap-anywhere">{path}</h3>
      </header>
      <div className="flex flex-col gap-4 px-4 py-3">
        {summary && <p className="text-[15px] leading-6">{summary}</p>}
        {description && description !== summary && <p className="whitespace-pre-line text-ink-2">{description}</p>}
        {parameters.length > 0 && (
          <Part title={words.parameters}>
            <Fields rows={parameters.map((parameter) => parameterRow(api, parameter))} />
          </Part>
        )}
        {requestBody && (
          <Part title={words.body}>
            <Body api={api} schema={schemaOf(requestBody.content)} text={requestBody.description} />
          </Part>
        )}
        <Part title={words.answers}>
          {Object.entries(responses).map(([status, answer]) => (
            <div key={status} className="mb-2">
              <p className="mb-1">
                <b className="mono font-semibold">{status}</b> <span className="text-ink-2">{answer.description}</span>
              </p>
              <Fields rows={fieldsOf(api, schemaOf(answer.content))} />
            </div>
          ))}
        </Part>
      </div>
    </article>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h4 className="mb-1.5 text-xs font-semibold text-ink-2">{title}</h4>
      {children}
    </section>
  );
}

function Body({ api, schema, text }: { api: OpenApi; schema: Schema | undefined; text: string | undefined }) {
  const rows = fieldsOf(api, schema);
  return (
    <>
      {text && <p className="mb-1 text-ink-2">{text}</p>}
      {rows.length > 0 ? (
        <Fields rows={rows} />
      ) : (
        <p className="mono text-ink-2">{schema ? typeName(api, schema) : words.nothing}</p>
      )}
    </>
  );
}

function Fields({ rows }: { rows: readonly FieldRow[] }) {
  if (rows.length === 0) return null;
  return (
    <dl className="overflow-hidden rounded-lg border border-line">
      {rows.map((row, place) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: a union may name a field twice, and the list never changes
          key={place}
          className="grid gap-x-3 border-line px-3 py-1.5 not-first:border-t md:grid-cols-[minmax(0,220px)_minmax(0,1fr)]"
        >
          <dt className="mono wrap-anywhere">
            {row.path}
            {row.required && <span className="ml-2 font-sans text-tiny text-warn-ink">{words.required}</span>}
          </dt>
          <dd className="min-w-0">
            <span className="mono text-ink-2 wrap-anywhere">{row.type}</span>
            {row.description && <span className="block text-ink-2">{row.description}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function parameterRow(
  api: OpenApi,
  { name, in: place, required = false, description = "", schema = {} }: Parameter,
): FieldRow {
  return { path: name, type: `${place}, ${typeName(api, schema)}`, required, description };
}

function schemaOf(content: Record<string, { schema?: Schema }> | undefined): Schema | undefined {
  return content?.["application/json"]?.schema ?? Object.values(content ?? {})[0]?.schema;
}
