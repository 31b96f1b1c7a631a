/**
 * Generates a TypeScript module from the specification's event schemas and example events. It passes the type checker
 * only if our types accept every example and match the schemas in every field and enumeration.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The keywords of a JSON schema that are used. */
export interface Schema {
  /** JSON types. */
  type?: string | string[];
  /** Allowed values. */
  enum?: unknown[];
  /** Fields by name. */
  properties?: Record<string, Schema>;
  /** Names of required fields. */
  required?: string[];
  /** Schemas that also apply. */
  allOf?: Schema[];
  /** Schema of entries. */
  items?: Schema;
  /** Schema of all other fields, or whether there may be any. */
  additionalProperties?: Schema | boolean;
  /** Schemas of fields by a pattern of their names. */
  patternProperties?: Record<string, Schema>;
}

/** The content of `event-schemas.json`. */
export interface EventSchemas {
  /** Schemas of events by name. */
  schemas: Record<string, Schema>;
  /** Example events by name. */
  examples: Record<string, Record<string, unknown>>;
}

/** Keys that match the key patterns of the schemas. */
const SAMPLE_KEYS: Record<string, string> = { "^@": "@user:example.org", "^\\$": "$event", "": "key" };

const PREAMBLE = `
type Named<C> = { [K in keyof C as {} extends Record<K, 1> ? never : K]: C[K] };
type Presence<C, K extends string> = C extends unknown
  ? K extends keyof Named<C> ? {} extends Pick<Named<C>, K> ? "optional" : "required" : "missing"
  : never;
type IsRequired<C, K extends string> = [Presence<C, K>] extends ["required"] ? true : Presence<C, K>;
type IsOptional<C, K extends string> = [Presence<C, K>] extends ["required"] ? "required"
  : [Presence<C, K>] extends ["missing"] ? "missing"
  : true;
type Lists<U, V extends string> = [Extract<U, V>] extends [never] ? "not listed" : true;
type IsKnown<C> = [C] extends [never] ? "unknown type" : true;
type ContentOf<T extends string> = T extends keyof StateContentMap ? StateContentMap[T]
  : T extends keyof MessageContentMap ? MessageContentMap[T]
  : T extends keyof ToDeviceContentMap ? ToDeviceContentMap[T]
  : T extends keyof EphemeralContentMap ? EphemeralContentMap[T]
  : T extends keyof AccountDataContentMap ? AccountDataContentMap[T]
  : never;
`;

/** Returns a schema merged with the schemas of its `allOf`. */
function merged(schema: Schema): Required<Pick<Schema, "properties" | "required">> & Schema {
  const parts = (schema.allOf ?? []).map(merged);
  return {
    ...schema,
    properties: Object.assign({}, ...parts.map((part) => part.properties), schema.properties),
    required: [...parts.flatMap((part) => part.required), ...(schema.required ?? [])],
  };
}

/** Returns the type expression of an event's content by the name of a schema or example. */
function contentType(name: string): string {
  const [type = "", kind] = name.split("$");
  if (type === "m.room.message" && kind) return `MessageTypeContentMap[${JSON.stringify(kind)}]`;
  if (type === "m.key.verification.start" && kind) {
    return `VerificationMethodContentMap[${JSON.stringify(kind)}]`;
  }
  return `ContentOf<${JSON.stringify(type)}>`;
}

/** Returns the type expression of an event. */
function eventType(name: string, event: Record<string, unknown>): string {
  const parameters = `<${contentType(name)}, ${JSON.stringify(event.type)}>`;
  if ("state_key" in event) return `StateEvent${parameters}`;
  if ("event_id" in event) return `MessageEvent${parameters}`;
  if ("sender" in event) return `EphemeralEvent${parameters}`;
  return `BaseEvent${parameters}`;
}

/** Generates the lines that compare schemas with types. */
class Comparison {
  readonly lines: string[] = [];

  #line(type: string, what: string): void {
    this.lines.push(`export const c${this.lines.length}: ${type} = true; // ${what}`);
  }

  /** Compares the content of an event, whose type must be in a map. */
  content(name: string, schema: Schema): void {
    const type = contentType(name);
    this.#line(`IsKnown<${type}>`, name);
    this.value(type, schema, name);
  }

  /** Compares a value with its schema, at every depth. */
  value(type: string, schema: Schema, path: string): void {
    const { properties, required, items, additionalProperties, patternProperties } = merged(schema);
    for (const key of new Set([...Object.keys(properties), ...required])) {
      const quoted = JSON.stringify(key);
      const must = required.includes(key);
      this.#line(`${must ? "IsRequired" : "IsOptional"}<${type}, ${quoted}>`, `${path}: ${key}`);
      const inner = properties[key];
      if (inner) this.value(`NonNullable<${type}[${quoted}]>`, inner, `${path}: ${key}`);
    }
    for (const value of schema.enum ?? []) {
      this.#line(`Lists<${type}, ${JSON.stringify(value)}>`, `${path}: "${value}"`);
    }
    if (items) this.value(`${type}[number]`, items, `${path}[]`);
    const others = typeof additionalProperties === "object" ? { "": additionalProperties } : {};
    for (const [pattern, inner] of Object.entries({ ...others, ...patternProperties })) {
      const key = SAMPLE_KEYS[pattern];
      if (key === undefined) throw new Error(`Cannot compare ${path}: no key is known for ${pattern}`);
      this.value(`NonNullable<${type}[${JSON.stringify(key)}]>`, inner, `${path}: *`);
    }
  }
}

/**
 * Returns the source of the module.
 *
 * @param spec The schemas and examples.
 * @param events Address of our module of events.
 */
export function exampleEventsModule(spec: EventSchemas, events: string): string {
  const examples = Object.entries(spec.examples).map(([name, event], index) =>
    `// ${name}\nexport const e${index}: ${eventType(name, event)} = ${JSON.stringify(event, null, 2)};`
  );
  const comparison = new Comparison();
  for (const [name, schema] of Object.entries(spec.schemas)) {
    const { content } = merged(schema).properties;
    if (content) comparison.content(name, content);
    else comparison.value("VerificationRelatesTo", schema, name);
  }
  const names = [
    ...["AccountDataContentMap", "BaseEvent", "EphemeralContentMap", "EphemeralEvent", "MessageContentMap"],
    ...["MessageEvent", "MessageTypeContentMap", "StateContentMap", "StateEvent", "ToDeviceContentMap"],
    ...["VerificationMethodContentMap", "VerificationRelatesTo"],
  ];
  const imports = `import type { ${names.join(", ")} } from ${JSON.stringify(events)};`;
  return [imports, PREAMBLE, ...examples, ...comparison.lines, ""].join("\n");
}

/**
 * Reads the schemas and examples.
 *
 * @param folder The folder with the specification's data.
 */
export async function readEventSchemas(folder: string): Promise<EventSchemas> {
  return JSON.parse(await readFile(join(folder, "event-schemas.json"), "utf8"));
}
