/** A JSON schema, as far as the server's document uses it. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly description?: string;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Operation {
  readonly summary: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content: Content }>>;
}

export interface OpenApi {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const code = (value: unknown): string =>
  `\`${(typeof value === "string" ? value : JSON.stringify(value)).replaceAll("|", "\\|")}\``;

/** The largest integer that schemas name as a bound where there is none. */
const unbounded = (bound: number | undefined): boolean =>
  bound === undefined || Math.abs(bound) >= Number.MAX_SAFE_INTEGER;

function typeOf(schema: Schema): string {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(typeOf))].join(" or ");
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(", ");
  if (schema.type === "array") return `array of ${typeOf(schema.items ?? {})}`;
  if (schema.type === "object" && typeof schema.additionalProperties === "object" && !schema.properties)
    return `object of ${typeOf(schema.additionalProperties)}`;
  if (schema.type === undefined) return "any";
  return [schema.type].flat().join(" or ");
}

function rangeOf(schema: Schema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength, minItems, maxItems } =
    schema;
  const parts: string[] = [];
  if (!unbounded(minimum)) parts.push(`at least ${minimum}`);
  if (!unbounded(exclusiveMinimum)) parts.push(`above ${exclusiveMinimum}`);
  if (!unbounded(maximum)) parts.push(`at most ${maximum}`);
  if (!unbounded(exclusiveMaximum)) parts.push(`below ${exclusiveMaximum}`);
  if (minLength === 1 || minItems === 1) parts.push("not empty");
  if (!unbounded(maxLength)) parts.push(`at most ${maxLength} characters`);
  if (!unbounded(maxItems)) parts.push(`at most ${maxItems} items`);
  if (schema.default !== undefined) parts.push(`default ${code(schema.default)}`);
  return parts.join("; ");
}

interface Field {
  readonly name: string;
  readonly schema: Schema;
  readonly required: boolean;
}

/** The fields of a value and of the objects within it, by path: `choices[].message.content`. */
function fieldsOf(schema: Schema, path = "", seen: ReadonlySet<Schema> = new Set()): Field[] {
  if (seen.has(schema)) return [];
  const within = new Set([...seen, schema]);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) {
    const objects = choices.filter(({ type }) => type !== "null");
    const fields = objects.flatMap((choice) => fieldsOf(choice, path, within));
    return objects.length === 1 ? fields : fields.map((field) => ({ ...field, required: false }));
  }
  if (schema.items !== undefined) return fieldsOf(schema.items, `${path}[]`, within);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const full = path === "" ? name : `${path}.${name}`;
    const required = schema.required?.includes(name) ?? false;
    return [{ name: full, schema: field, required }, ...fieldsOf(field, full, within)];
  });
}

function table(schema: Schema): string {
  const rows = new Map<string, string>();
  for (const { name, schema: field, required } of fieldsOf(schema)) {
    const notes = [field.description, rangeOf(field)].filter((note) => note !== undefined && note !== "");
    const row = `| ${code(name)} | ${typeOf(field)} | ${required ? "yes" : ""} | ${notes.join("; ")} |`;
    if (!rows.has(row)) rows.set(row, row);
  }
  if (rows.size === 0) return `${typeOf(schema)}\n`;
  return `| field | type | always | |\n| --- | --- | --- | --- |\n${[...rows.values()].join("\n")}\n`;
}

function operationText(method: string, path: string, operation: Operation): string {
  const parts = [`## ${method.toUpperCase()} ${code(path)}`, operation.summary];
  if (operation.security?.length === 0) parts.push("Needs no API key.");
  for (const { name, in: place, schema } of operation.parameters ?? [])
    parts.push(`In the ${place}: ${code(name)}, ${typeOf(schema)}.`);
  for (const { schema } of Object.values(operation.requestBody?.content ?? {}))
    parts.push("**Takes**", table(schema));
  for (const [type, { schema }] of Object.entries(operation.responses["200"]?.content ?? {}))
    parts.push(`**Answers** ${code(type)}`, type === "application/json" ? table(schema) : "");
  return parts.filter((part) => part !== "").join("\n\n");
}

/** A page of every endpoint, its fields and their ranges, from the server's own OpenAPI document. */
export function restPage({ info, paths }: OpenApi): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationText(method, path, operation)),
  );
  return `# REST API, every schema

What the server of version ${info.version} tells at \`/openapi.json\`. [The REST API](./rest-api.md) says what it means.

${operations.join("\n\n").replaceAll(/\n{3,}/g, "\n\n")}
`;
}
