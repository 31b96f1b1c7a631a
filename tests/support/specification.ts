import { AssertionError } from "@std/assert";
import file from "../contract/specification.json" with { type: "json" };
import { specificationFile } from "./specification_file.ts";
import type { Operation, Parameter, Schema, Specification } from "./specification_types.ts";

/**
 * Checks requests and answers against the Matrix specification: specification.json, which scripts/specification.ts
 * makes. The validator comes from npm when the first check needs it; where it cannot be had, checks are skipped.
 */

/** The facts of the specification. */
export const specification = file as unknown as Specification;

/** A request, as the fake homeserver got it. */
export interface CheckedRequest {
  method: string;
  /** The path, percent-encoded as sent, without the query. */
  path: string;
  query?: URLSearchParams | Record<string, string | string[]>;
  /** The parsed JSON; `undefined` when there is none. */
  body?: unknown;
}

export interface CheckRequestOptions {
  /** Query parameters that are right though the specification does not have them. */
  query?: string[];
}

/**
 * What came of a check: it passed; or there was nothing to check it against, because the specification does not have the
 * operation (or the status); or there is no validator.
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

// What any request of an application service may have, and the name that servers older than v1.12 know `via` by.
const EXTRA_QUERY = ["user_id", "device_id", "ts", "server_name"];
const ID = "specification";
// Answers with an error status that the specification does not list for an operation follow this all the same.
const ERROR: Schema = {
  type: "object",
  properties: { errcode: { type: "string" }, error: { type: "string" } },
  required: ["errcode"],
};

const said = new Set<string>();

/** Prints a reason for skipping, once. */
function say(reason: string): void {
  if (!said.has(reason)) console.warn(reason);
  said.add(reason);
}

let validator: Promise<Validator | undefined> | undefined;

function loadValidator(): Promise<Validator | undefined> {
  return validator ??= (async () => {
    // Neither runtime takes the other's form, and one that is known beforehand would have to be there.
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

/** What is wrong with a value; empty when nothing is. */
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

/** Finds the operations at a path; more than one where the specification describes an endpoint twice. */
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

/** Turns what stands on the wire into what a schema speaks of; what does not fit stays, for the schema to refuse. */
function coerce(text: string, schema: Schema): unknown {
  const type = typeof schema === "object" ? schema.type : undefined;
  if ((type === "integer" || type === "number") && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (type === "boolean" && /^(true|false)$/.test(text)) return text === "true";
  return text;
}

/** The schema itself where it is a reference. */
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
  // Names of unstable and vendors' parameters have dots; the keys of an object stand as parameters of their own.
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

/** Asserts that one of several descriptions of an endpoint is followed. */
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
 * Asserts that a request is as the specification says: path and query parameters, and the body if it is JSON.
 *
 * @throws {AssertionError} If it is not.
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
 * Asserts that an answer is as the specification says. A status of 400 and more that it does not list must still come
 * with an `errcode`; another one is unknown.
 *
 * @throws {AssertionError} If it is not.
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
  assertOne(`Answer ${status} to ${method} ${path}`, known, ({ operation }) => {
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

/** Whether reading is allowed without asking anybody. */
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
 * The specification's own examples of an operation's answer, by name; a copy made from its schema (`schema`) where there
 * are none. Empty when there is neither, `undefined` when the data cannot be read.
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

/** The first of the examples of an operation's answer; `undefined` when there is none or the data cannot be read. */
export async function exampleResponse(operationId: string, status = 200): Promise<unknown> {
  return Object.values(await exampleResponses(operationId, status) ?? {})[0];
}

/** The first of the examples of an operation's body; `undefined` when there is none or the data cannot be read. */
export async function exampleRequest(operationId: string): Promise<unknown> {
  const body = (await findExamples(operationId))?.requestBody;
  const type = "application/json";
  return Object.values(body?.examples?.[type] ?? {})[0] ?? body?.schemaExample?.[type];
}
