/**
 * Writes tests/contract/specification.json, with which the tests validate requests and responses. The input is
 * client-server.json, the data of the Matrix specification as one JSON file. The output contains the operations, parameters
 * and schemas without any text. The same input results in the same file.
 *
 * ```sh
 * deno run --allow-read --allow-write --allow-env=MATRIX_SPEC scripts/specification.ts [file or folder]
 * ```
 *
 * Without an argument, the input is in MATRIX_SPEC or in ../shared/matrix-spec.
 */
import { specificationFile } from "../tests/support/specification_file.ts";
import type { Operation, Schema, Specification } from "../tests/support/specification_types.ts";

interface SourceOperation {
  operationId: string;
  method: string;
  path: string;
  deprecated: boolean;
  auth: string;
  parameters: { in: string; name: string; required: boolean; schema: Schema }[];
  requestBody?: { required?: boolean; content: Record<string, Schema> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

interface Source {
  title: string;
  newestRelease: string;
  repository: string;
  commit: string;
  commitDate: string;
  license: string;
  dialect: string;
  operations: SourceOperation[];
}

// The keywords of JSON Schema, by the kind of their value. Annotations are omitted, and an unknown keyword is an error.
const PLAIN = new Set(
  ("type required enum const pattern minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum " +
    "multipleOf minItems maxItems uniqueItems minProperties maxProperties").split(" "),
);
const SCHEMA = new Set(["items", "additionalProperties", "propertyNames", "not"]);
const SCHEMAS = new Set(["allOf", "anyOf", "oneOf"]);
const NAMED_SCHEMAS = new Set(["properties", "patternProperties"]);
const ANNOTATIONS = new Set("title description example examples default deprecated format".split(" "));

// Schemas that occur more than once are written once if their JSON has at least this length.
const SHARED_LENGTH = 60;

/** Changes the direct subschemas of a schema, and omits annotations. */
function mapSchemas(schema: Schema, change: (inner: Schema) => Schema): Schema {
  if (typeof schema === "boolean") return schema;
  const facts: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (PLAIN.has(keyword)) facts[keyword] = value;
    else if (SCHEMA.has(keyword)) facts[keyword] = change(value as Schema);
    else if (SCHEMAS.has(keyword)) facts[keyword] = (value as Schema[]).map(change);
    else if (NAMED_SCHEMAS.has(keyword)) {
      const entries = Object.entries(value as Record<string, Schema>);
      facts[keyword] = Object.fromEntries(entries.map(([name, inner]) => [name, change(inner)]));
    } else if (!ANNOTATIONS.has(keyword) && !keyword.startsWith("x-")) {
      throw new Error(`Cannot read the specification: unknown keyword ${keyword}`);
    }
  }
  return facts;
}

function strip(schema: Schema): Schema {
  return mapSchemas(schema, strip);
}

/** Converts an operation and changes its schemas. */
function mapOperation(source: SourceOperation, change: (schema: Schema) => Schema): Operation {
  const { operationId, method, path, deprecated, auth, parameters, requestBody, responses } = source;
  const mapValues = <T>(values: Record<string, T>, schemaOf: (value: T) => Schema): Record<string, Schema> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(schemaOf(value))]));
  return {
    operationId,
    method,
    path,
    ...(deprecated ? { deprecated } : {}),
    auth,
    parameters: parameters.map(({ in: place, name, required, schema }) => (
      { in: place, name, ...(required ? { required } : {}), schema: change(schema) }
    )),
    ...(requestBody
      ? {
        requestBody: {
          ...(requestBody.required ? { required: true } : {}),
          content: mapValues(requestBody.content, (schema) => schema),
        },
      }
      : {}),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, { content = {} }]) => [
        status,
        mapValues(content, ({ schema }) => schema),
      ]),
    ),
  };
}

/** Converts the data of the specification. */
export function makeSpecification(source: Source): Specification {
  const counts = new Map<string, number>();
  const count = (schema: Schema): Schema => {
    const key = JSON.stringify(schema);
    const seen = counts.get(key) ?? 0;
    counts.set(key, seen + 1);
    // The subschemas of a shared schema are shared with it.
    if (!seen) mapSchemas(schema, count);
    return schema;
  };
  const schemas: Schema[] = [];
  const references = new Map<string, Schema>();
  const share = (schema: Schema): Schema => {
    const key = JSON.stringify(schema);
    if (counts.get(key) === 1 || key.length < SHARED_LENGTH) return mapSchemas(schema, share);
    let reference = references.get(key);
    if (!reference) {
      const index = schemas.push(true) - 1;
      reference = { $ref: `#/schemas/${index}` };
      references.set(key, reference);
      schemas[index] = mapSchemas(schema, share);
    }
    return reference;
  };
  for (const operation of source.operations) mapOperation(operation, (schema) => count(strip(schema)));
  const operations = source.operations.map((operation) =>
    mapOperation(operation, (schema) => share(strip(schema)))
  );
  return {
    source: {
      title: source.title,
      repository: source.repository,
      commit: source.commit,
      commitDate: source.commitDate,
      newestRelease: source.newestRelease,
      license: source.license,
      licenseText: "https://www.apache.org/licenses/LICENSE-2.0",
      copyright:
        "OpenMarket Ltd, New Vector Ltd, The Matrix.org Foundation C.I.C., Tulir Asokan, Travis Ralston, " +
        "Michael Telatynski, Logan Devine, Kévin Commaille, Hagen Echzell",
      changes:
        "Converted from YAML to JSON, references resolved, all text, examples and annotations left out, " +
        "repeated schemas moved to `schemas`. Made by scripts/specification.ts.",
    },
    dialect: source.dialect,
    operations,
    schemas,
  };
}

/** Formats one line per operation and schema, so that changes are readable. */
export function formatSpecification({ operations, schemas, ...head }: Specification): string {
  const list = (items: unknown[]): string => `[\n${items.map((item) => JSON.stringify(item)).join(",\n")}\n]`;
  return `{\n"source":${JSON.stringify(head.source)},\n"dialect":${JSON.stringify(head.dialect)},\n` +
    `"operations":${list(operations)},\n"schemas":${list(schemas)}\n}\n`;
}

if (import.meta.main) {
  const input = specificationFile(Deno.args[0] ?? Deno.env.get("MATRIX_SPEC"));
  const output = new URL("../tests/contract/specification.json", import.meta.url);
  const specification = makeSpecification(JSON.parse(await Deno.readTextFile(input)));
  const text = formatSpecification(specification);
  await Deno.writeTextFile(output, text);
  const { operations, schemas } = specification;
  console.log(`${operations.length} operations, ${schemas.length} shared schemas, ${text.length} characters`);
}
