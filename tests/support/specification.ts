import { AssertionError } from "@std/assert";
import file from "../contract/specification.json" with { type: "json" };
import { specificationFile } from "./specification_file.ts";
import type { Operation, Parameter, Schema, Specification } from "./specification_types.ts";

/**
 * Checks requests and responses against the Matrix specification in specification.json, which scripts/specification.ts
 * makes. The first check loads the validator from npm. Without it, checks are skipped.
 */

/** The operations and schemas of the specification. */
export const specification = file as unknown as Specification;

/** A request that the fake homeserver received. */
export interface CheckedRequest {
  method: string;
  /** The path, percent-encoded as sent, without the query. */
  path: string;
  query?: URLSearchParams | Record<string, string | string[]>;
  /** The parsed JSON; `undefined` when there is none. */
  body?: unknown;
}

export interface CheckRequestOptions {
  /** Query parameters to accept that the specification does not have. */
  query?: string[];
}

/**
 * The result of a check: `checked` if it passed, `unknown` if the specification does not have the operation or the status,
 * `skipped` without a validator.
 */
export type CheckResult = "checked" | "unknown" | "skipped";

/** An operation and the values of its path parameters. */
export interface FoundOperation {
  operation: Operation;
  params: Record<string, string>;
}

interface Validate {
  (data: unknown): boolean;
  errors?: { instancePath: string; message?: string; params: Record<string, unknown> }[] | null;
}

interface Validator {
  compile(schema: Schema): Validate;
  addSchema(schema: Schema, key: string): unknown;
}

// Parameters of application services, and the name of `via` before v1.12 of the specification.
const EXTRA_QUERY = ["user_id", "device_id", "ts", "server_name"];
const ID = "specification";
// The schema of error responses that the specification does not list for an operation.
const ERROR: Schema = {
  type: "object",
  properties: { errcode: { type: "string" }, error: { type: "string" } },
  required: ["errcode"],
};

const said = new Set<string>();

/** Prints a reason for skipped checks once. */
function say(reason: string): void {
  if (!said.has(reason)) console.warn(reason);
  said.add(reason);
}

let validator: Promise<Validator | undefined> | undefined;

function loadValidator(): Promise<Validator | undefined> {
  return validator ??= (async () => {
    // Bun does not resolve `npm:` and Deno needs it. A static import would make the package required.
    const specifier = "Bun" in globalThis ? "ajv/dist/2020.js" : "npm:ajv@8/dist/2020.js";
    try {
      const { Ajv2020 } = await import(specifier);
      const ajv: Validator = new Ajv2020({
        strict: false,
        allErrors: true,
        validateFormats: false,
        validateSchema: false,
      });
      ajv.addSchema({ schemas: specification.schemas }, ID);
      return ajv;
    } catch (error) {
      say(`Checks against the specification are skipped: cannot load ajv: ${error}`);
    }
  })();
}

/** Makes references into the file absolute. */
function resolve(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(resolve);
  if (typeof schema !== "object" || !schema) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, key === "$ref" ? ID + value : resolve(value)]),
  );
}

const compiled = new Map<Schema, Validate>();

/** Returns descriptions of a value's faults; empty if there are none. */
function faults(ajv: Validator, schema: Schema, value: unknown, name: string): string[] {
  let validate = compiled.get(schema);
  if (!validate) {
    validate = ajv.compile(resolve(schema) as Schema);
    compiled.set(schema, validate);
  }
  if (validate(value)) return [];
  return (validate.errors ?? []).slice(0, 5).map(({ instancePath, message, params }) => {
    const allowed = "allowedValues" in params ? `: ${JSON.stringify(params.allowedValues)}` : "";
    return `${name}${instancePath} ${message}${allowed}`;
  });
}

/** Returns the operations of a path. The specification describes some endpoints twice. */
export function findOperations(method: string, path: string): FoundOperation[] {
  const segments = path.split("/");
  let most = -1;
  let found: FoundOperation[] = [];
  for (const operation of specification.operations) {
    const template = operation.path.split("/");
    if (operation.method !== method || template.length !== segments.length) continue;
    const params: Record<string, string> = {};
    let literal = 0;
    const matches = template.every((part, index) => {
      const segment = segments[index]!;
      if (!part.startsWith("{")) {
        literal++;
        return part === segment;
      }
      try {
        params[part.slice(1, -1)] = decodeURIComponent(segment);
      } catch {
        return false;
      }
      // The state key may be empty.
      return segment !== "" || index === segments.length - 1;
    });
    if (!matches || literal < most) continue;
    if (literal > most) found = [];
    most = literal;
    found.push({ operation, params });
  }
  return found;
}

/** Converts a string of a path or query to the type of its schema. Keeps strings that do not fit, which the schema rejects. */
function coerce(text: string, schema: Schema): unknown {
  const type = typeof schema === "object" ? schema.type : undefined;
  if ((type === "integer" || type === "number") && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (type === "boolean" && /^(true|false)$/.test(text)) return text === "true";
  return text;
}

/** Resolves a schema that is a reference. */
function target(schema: Schema): Schema {
  if (typeof schema === "boolean" || typeof schema.$ref !== "string") return schema;
  return specification.schemas[Number(schema.$ref.split("/").at(-1))]!;
}

function queryFaults(
  ajv: Validator,
  parameters: Parameter[],
  query: URLSearchParams,
  extra: string[],
): string[] {
  const wrong: string[] = [];
  const known = new Set([...EXTRA_QUERY, ...extra]);
  // Names of unstable and vendor parameters have dots. The keys of an object are parameters of their own.
  let open = false;
  for (const { in: place, name, required, schema } of parameters) {
    if (place !== "query") continue;
    known.add(name);
    const values = query.getAll(name);
    const inner = target(schema);
    const type = typeof inner === "object" ? inner.type : undefined;
    if (type === "object") open = true;
    else if (!values.length) {
      if (required) wrong.push(`query parameter ${name} is missing`);
    } else if (type === "array") {
      const items = (inner as { items?: Schema }).items ?? true;
      const list = values.map((value) => coerce(value, target(items)));
      wrong.push(...faults(ajv, schema, list, `query parameter ${name}`));
    } else if (values.length > 1) wrong.push(`query parameter ${name} is given ${values.length} times`);
    else wrong.push(...faults(ajv, schema, coerce(values[0]!, inner), `query parameter ${name}`));
  }
  for (const name of new Set(query.keys())) {
    if (!open && !known.has(name) && !name.includes(".")) {
      wrong.push(`query parameter ${name} is not in the specification`);
    }
  }
  return wrong;
}

function bodyFaults(ajv: Validator, { requestBody }: Operation, body: unknown): string[] {
  if (!requestBody) {
    const empty = body === undefined || (typeof body === "object" && body && !Object.keys(body).length);
    return empty ? [] : ["body is not in the specification"];
  }
  const schema = requestBody.content["application/json"];
  if (schema === undefined) return [];
  if (body === undefined) return requestBody.required ? ["body is missing"] : [];
  return faults(ajv, schema, body, "body");
}

/** Asserts that at least one of several descriptions of an endpoint matches. */
function assertOne(what: string, found: FoundOperation[], check: (found: FoundOperation) => string[]): void {
  const messages: string[] = [];
  for (const one of found) {
    const wrong = check(one);
    if (!wrong.length) return;
    messages.push(`${what} does not follow ${one.operation.operationId}: ${wrong.join("; ")}`);
  }
  throw new AssertionError(messages.join("\n"));
}

/**
 * Asserts that path, query and JSON body of a request follow the specification.
 *
 * @throws {AssertionError} If it does not follow the specification.
 */
export async function checkRequest(
  request: CheckedRequest,
  options: CheckRequestOptions = {},
): Promise<CheckResult> {
  const { method, path, query = {}, body } = request;
  const found = findOperations(method, path);
  if (!found.length) return "unknown";
  const ajv = await loadValidator();
  if (!ajv) return "skipped";
  const params = query instanceof URLSearchParams ? query : new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, one])),
  );
  assertOne(`${method} ${path}`, found, ({ operation, params: values }) => [
    ...operation.parameters.filter((parameter) => parameter.in === "path").flatMap(({ name, schema }) =>
      faults(ajv, schema, coerce(values[name]!, target(schema)), `path parameter ${name}`)
    ),
    ...queryFaults(ajv, operation.parameters, params, options.query ?? []),
    ...bodyFaults(ajv, operation, body),
  ]);
  return "checked";
}

/**
 * Asserts that a response follows the specification. A status from 400 that it does not list must still have an
 * `errcode`. Other unlisted statuses are unknown.
 *
 * @throws {AssertionError} If it does not follow the specification.
 */
export async function checkResponse(
  method: string,
  path: string,
  status: number,
  body: unknown,
): Promise<CheckResult> {
  const found = findOperations(method, path);
  const known = found.filter(({ operation }) => operation.responses[status] || status >= 400);
  if (!known.length) return "unknown";
  const ajv = await loadValidator();
  if (!ajv) return "skipped";
  assertOne(`Response ${status} to ${method} ${path}`, known, ({ operation }) => {
    const content = operation.responses[status] ?? { "application/json": ERROR };
    const schema = content["application/json"];
    if (schema === undefined) return [];
    return body === undefined ? ["body is missing"] : faults(ajv, schema, body, "body");
  });
  return "checked";
}

interface ExampleSource {
  operations: {
    operationId: string;
    requestBody?: {
      examples?: Record<string, Record<string, unknown>>;
      schemaExample?: Record<string, unknown>;
    };
    responses: Record<
      string,
      { content?: Record<string, { examples?: Record<string, unknown>; schemaExample?: unknown }> }
    >;
  }[];
}

let examples: Promise<ExampleSource | undefined> | undefined;

/** Whether a permission is granted without a prompt. */
async function allowed(descriptor: Deno.PermissionDescriptor): Promise<boolean> {
  if (!("Deno" in globalThis) || !Deno.permissions) return true;
  return (await Deno.permissions.query(descriptor)).state === "granted";
}

function loadExamples(): Promise<ExampleSource | undefined> {
  return examples ??= (async () => {
    const skipped = "The specification's examples are skipped:";
    try {
      const { env } = await import("node:process");
      const path = await allowed({ name: "env", variable: "MATRIX_SPEC" }) ? env.MATRIX_SPEC : undefined;
      const source = specificationFile(path);
      if (!await allowed({ name: "read", path: source })) {
        return say(`${skipped} no permission to read the data that MATRIX_SPEC names`) as undefined;
      }
      const { readFile } = await import("node:fs/promises");
      return JSON.parse(await readFile(source, "utf8"));
    } catch (error) {
      const missing = (error as { code?: unknown }).code === "ENOENT";
      const why = missing ? "MATRIX_SPEC does not name a folder with the specification's data" : error;
      say(`${skipped} ${why}`);
    }
  })();
}

async function findExamples(operationId: string): Promise<ExampleSource["operations"][number] | undefined> {
  const source = await loadExamples();
  if (!source) return undefined;
  const operation = source.operations.find((one) => one.operationId === operationId);
  if (!operation) throw new TypeError(`Cannot find an example: no operation ${operationId}`);
  return operation;
}

/**
 * Returns the specification's examples of an operation's response by name, or an example made from its schema (`schema`).
 * Returns an empty object without both, and `undefined` if the data cannot be read.
 */
export async function exampleResponses(
  operationId: string,
  status = 200,
): Promise<Record<string, unknown> | undefined> {
  const operation = await findExamples(operationId);
  if (!operation) return undefined;
  const content = operation.responses[status]?.content?.["application/json"];
  if (content?.examples) return content.examples;
  return content?.schemaExample === undefined ? {} : { schema: content.schemaExample };
}

/** Returns the first example of an operation's response; `undefined` without one, or if the data cannot be read. */
export async function exampleResponse(operationId: string, status = 200): Promise<unknown> {
  return Object.values(await exampleResponses(operationId, status) ?? {})[0];
}

/** Returns the first example of an operation's body; `undefined` without one, or if the data cannot be read. */
export async function exampleRequest(operationId: string): Promise<unknown> {
  const body = (await findExamples(operationId))?.requestBody;
  const type = "application/json";
  return Object.values(body?.examples?.[type] ?? {})[0] ?? body?.schemaExample?.[type];
}
