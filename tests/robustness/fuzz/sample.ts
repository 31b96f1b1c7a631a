/** Valid responses with all optional fields, made from the specification's schemas. */
import { findOperations, specification } from "../../support/specification.ts";
import type { Schema } from "../../support/specification_types.ts";

/** Values of fields by name, for fields whose schema is less strict than the text of the specification. */
const BY_NAME: Record<string, unknown> = {
  access_token: "another_token",
  base_url: "https://matrix.example.org",
  content_uri: "mxc://example.org/media",
  default: false,
  device_id: "ALICE1",
  event_id: "$event",
  membership: "join",
  presence: "online",
  room_id: "!room:example.org",
  rule_id: "rule",
  sender: "@bob:example.org",
  type: "m.room.message",
  user_id: "@alice:example.org",
  versions: ["r0.6.1", "v1.1", "v1.11"],
  visibility: "public",
};

/** Strings for the patterns of the specification. */
const BY_PATTERN: [string, string][] = [
  ["turns?:", "turn:turn.example.org"],
  ["@", "@alice:example.org"],
  ["!", "!room:example.org"],
  ["#", "#alias:example.org"],
  ["\\$", "$event"],
  ["mxc", "mxc://example.org/media"],
];

/** Responses of endpoints that the specification does not have, or whose schema is too general. */
const BY_PATH: [RegExp, unknown][] = [
  [/\/hierarchy$/, {
    rooms: [{
      room_id: "!room:example.org",
      num_joined_members: 1,
      world_readable: true,
      guest_can_join: false,
      children_state: [],
    }],
    next_batch: "next",
  }],
  // uploadOneSignature() throws every failure.
  [/\/keys\/signatures\/upload$/, { failures: {} }],
  [/\/tags$/, { tags: { "m.favourite": { order: 0.5 }, "u.work": {} } }],
  [/\/profile\/[^/]+\/m\.tz$/, { "m.tz": "Europe/Lisbon" }],
  [/\/profile\/[^/]+\/displayname$/, { displayname: "Alice" }],
  [/\/profile\/[^/]+\/avatar_url$/, { avatar_url: "mxc://example.org/alice" }],
  [/\/event\/[^/]+$/, event("m.room.message", { msgtype: "m.text", body: "Hello" })],
  [/\/account_data\/m\.direct$/, { "@bob:example.org": ["!room:example.org"] }],
  [/\/state\/m\.room\.topic\/$/, { topic: "Tea" }],
  [/^\/submit$/, { success: true }],
  [/\/oauth2\/registration$/, { client_id: "client-1" }],
  [/\/oauth2\/token$/, {
    access_token: "another_token",
    token_type: "Bearer",
    refresh_token: "r",
    expires_in: 300,
  }],
  [/\/oauth2\/device$/, {
    device_code: "code",
    user_code: "ABC",
    verification_uri: "https://a.example.org",
    expires_in: 600,
  }],
  [/\/state\/org\.example\.type\/key$/, { ...event("org.example.type", { a: 1 }), state_key: "key" }],
];

function event(type: string, content: object): object {
  return {
    type,
    content,
    event_id: "$event",
    room_id: "!room:example.org",
    sender: "@bob:example.org",
    origin_server_ts: 1_700_000_000_000,
    unsigned: { age: 1 },
  };
}

function textFor(pattern: unknown): string {
  const found = BY_PATTERN.find(([start]) => String(pattern).startsWith(`^${start}`));
  return found?.[1] ?? "text";
}

/** Returns a value that a schema allows. */
export function sampleOf(schema: Schema | undefined, name = ""): unknown {
  if (typeof schema !== "object") return {};
  if (typeof schema.$ref === "string") {
    return sampleOf(specification.schemas[Number(schema.$ref.split("/").at(-1))], name);
  }
  if (Array.isArray(schema.allOf)) {
    const { allOf, ...rest } = schema;
    const parts = [...allOf, ...(rest.type || rest.properties ? [rest] : [])].map((part) =>
      sampleOf(part, name)
    );
    return parts.every((part) => typeof part === "object" && !Array.isArray(part))
      ? Object.assign({}, ...parts)
      : parts[0];
  }
  const choice = schema.oneOf ?? schema.anyOf;
  if (Array.isArray(choice)) return sampleOf(choice[0], name);
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  const known = BY_NAME[name];
  if (known !== undefined && typeName(known) === (type === "integer" ? "number" : type)) return known;
  switch (type) {
    case "string":
      return textFor(schema.pattern);
    case "integer":
    case "number":
      return 7;
    case "boolean":
      return true;
    case "array":
      return [sampleOf(schema.items as Schema, name), sampleOf(schema.items as Schema, name)];
    default:
      return sampleObject(schema);
  }
}

function typeName(value: unknown): string {
  return Array.isArray(value) ? "array" : typeof value;
}

function sampleObject(schema: { [keyword: string]: unknown }): object {
  const { properties, patternProperties, additionalProperties } = schema as Record<
    string,
    Record<string, Schema>
  >;
  const object: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(properties ?? {})) object[key] = sampleOf(value, key);
  for (const [pattern, value] of Object.entries(patternProperties ?? {})) {
    object[textFor(pattern)] = sampleOf(value, "");
  }
  if (typeof additionalProperties === "object") object["any"] = sampleOf(additionalProperties as Schema, "");
  return object;
}

const made = new Map<string, unknown>();

/**
 * Returns a valid response to a request, `undefined` if the specification does not have the endpoint. Callers must not modify
 * it.
 */
export function sampleResponse(method: string, path: string): unknown {
  const key = `${method} ${path}`;
  if (!made.has(key)) {
    const own = method === "GET" || /^\/(oauth2\/|submit$)|\/signatures\/upload$/.test(path)
      ? BY_PATH.find(([pattern]) => pattern.test(path))
      : undefined;
    const [found] = findOperations(method, path);
    const sample = found && sampleOf(found.operation.responses["200"]?.["application/json"]);
    made.set(key, own ? own[1] : sample);
  }
  return made.get(key);
}
