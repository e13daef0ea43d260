// Reads schemas of an OpenAPI description: a short name of a type, and the fields of an object, row by row. Pure.
import type { OpenApi, Schema } from "./get-openapi";

export interface FieldRow {
  /** "user.email", "data[].id" */
  path: string;
  type: string;
  required: boolean;
  description: string;
}

const DEEPEST = 5;

/** Every field below a schema; a schema inside itself, and what lies too deep, ends in its type's name. */
export function fieldsOf(api: OpenApi, schema: Schema | undefined): FieldRow[] {
  return schema ? walk(api, schema, "", [], 0) : [];
}

export function typeName(api: OpenApi, schema: Schema): string {
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map((choice) => typeName(api, choice)).join(" | ");
  const found = resolved(api, schema);
  if (schema.$ref) return found.enum || found.anyOf ? typeName(api, found) : nameOf(schema.$ref);
  if (schema.items) return `${typeName(api, schema.items)}[]`;
  const type = Array.isArray(schema.type)
    ? schema.type.join(" | ")
    : (schema.type ?? (schema.properties ? "object" : "any"));
  return schema.format ? `${type} (${schema.format})` : type;
}

function walk(api: OpenApi, schema: Schema, path: string, seen: string[], depth: number): FieldRow[] {
  if (depth > DEEPEST || (schema.$ref && seen.includes(schema.$ref))) return [];
  const inside = schema.$ref ? [...seen, schema.$ref] : seen;
  const found = resolved(api, schema);
  if (found.items) return walk(api, found.items, `${path}[]`, inside, depth + 1);
  const parts = found.allOf ?? found.anyOf ?? found.oneOf;
  if (parts) return parts.flatMap((part) => walk(api, part, path, inside, depth));
  return Object.entries(found.properties ?? {}).flatMap(([name, field]) => {
    const place = path ? `${path}.${name}` : name;
    const required = found.required?.includes(name) ?? false;
    const description = field.description ?? resolved(api, field).description ?? "";
    return [
      { path: place, type: typeName(api, field), required, description },
      ...walk(api, field, place, inside, depth + 1),
    ];
  });
}

function resolved(api: OpenApi, schema: Schema): Schema {
  return (schema.$ref && api.components?.schemas?.[nameOf(schema.$ref)]) || schema;
}

function nameOf(reference: string): string {
  return reference.split("/").at(-1) ?? reference;
}
