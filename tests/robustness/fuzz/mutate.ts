/** Mutates valid responses into hostile ones. */
import type { Random } from "./random.ts";

/** A response of the homeserver. */
export interface HostileResponse {
  status: number;
  body: Uint8Array<ArrayBuffer> | null;
  headers: Record<string, string>;
  /** Describes the mutation. */
  how: string;
}

/** A path into a JSON value. */
type Path = (string | number)[];

/** Marks strings that `write()` replaces by their raw text, for JSON that `JSON.stringify()` cannot write. */
const RAW = "\u0007raw";
const raw = (text: string) => `${RAW}${text}${RAW}`;
const DEEP = 25_000;

/** A value of each JSON type, and values that are hard to print, for the sweep over all fields. */
export const PLAIN_WRONG: readonly unknown[] = [
  null,
  "",
  "text",
  "\ud800",
  "@\ud800:example.org",
  7,
  raw("1e400"),
  true,
  [],
  ["text"],
  {},
  { a: 1 },
  { toString: 5, valueOf: 5 },
  raw(`${"[".repeat(DEEP)}${"]".repeat(DEEP)}`),
];

/** Values that often cause faults. */
const HOSTILE: readonly unknown[] = [
  ...PLAIN_WRONG,
  ".",
  "..",
  "\udc00a",
  "\u0000",
  "\u202e\u2028",
  "__proto__",
  "constructor",
  "toString",
  "%",
  "%ff",
  "//",
  "https://",
  "javascript:alert(1)",
  "mxc://",
  "mxc://../..",
  "@:",
  "NaN",
  "x".repeat(10_000),
  "<".repeat(5_000),
  " ".repeat(5_000),
  0,
  -1,
  1.5,
  -1e-7,
  2 ** 31,
  2 ** 53,
  false,
  [null],
  [[]],
  [[[[{}]]]],
  Array.from({ length: 1_000 }, () => null),
  { toJSON: 5, then: 5, length: 5 },
  { then: "x", constructor: null, hasOwnProperty: 1 },
  { length: 1e9, 0: "a" },
  raw("9007199254740993"),
  raw("123456789012345678901234567890"),
  raw("-1e400"),
  raw("-0"),
  raw(`${'{"a":'.repeat(DEEP)}1${"}".repeat(DEEP)}`),
  raw('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
  raw('{"a":1,"a":"text","__proto__":null}'),
  raw('"\\ud800\\u0000"'),
];

/** Bodies that are not valid responses. */
const BODIES: readonly (string | Uint8Array<ArrayBuffer>)[] = [
  "",
  " ",
  "null",
  "true",
  "5",
  "1e400",
  '"text"',
  "[]",
  "[null]",
  "[[]]",
  "{}",
  "{",
  "[",
  "}",
  '{"a"',
  "NaN",
  "undefined",
  "{'a': 1}",
  '{"a": 1,}',
  "{} {}",
  "// comment\n{}",
  "\ufeff",
  "\ufeff{}",
  "<html><head><title>502</title></head><body>nginx</body></html>",
  "<!DOCTYPE html>\n".repeat(5_000),
  '{"__proto__":{"polluted":true}}',
  '{"__proto__":null}',
  `${"[".repeat(DEEP)}${"]".repeat(DEEP)}`,
  `${'{"a":'.repeat(DEEP)}{}${"}".repeat(DEEP)}`,
  "[".repeat(100_000),
  utf16("{}"),
  new Uint8Array([0xff, 0xfe, 0x00, 0xc3, 0x28]),
  new Uint8Array([0x1f, 0x8b, 0x08, 0x00]),
];

const STATUSES = [400, 401, 403, 404, 409, 413, 418, 429, 500, 502, 503, 504, 529];
const ODD_STATUSES = [201, 202, 204, 205, 206, 299, 300, 304, 307, 308];

/** An error's body with every field that is read. */
const ERROR = {
  errcode: "M_FORBIDDEN",
  error: "No",
  retry_after_ms: 1,
  soft_logout: true,
  flows: [{ stages: ["m.login.password"] }, { stages: [] }],
  params: { "m.login.terms": { policies: {} } },
  session: "session",
  completed: ["m.login.dummy"],
  room_version: "7",
  admin_contact: "mailto:admin@example.org",
  limit_type: "monthly_active_user",
  current_version: "5",
  "org.matrix.msc3848.unstable.errcode": "M_NOT_JOINED",
};
const CODES = [
  "M_FORBIDDEN",
  "M_UNKNOWN_TOKEN",
  "M_LIMIT_EXCEEDED",
  "M_NOT_FOUND",
  "M_UNRECOGNIZED",
  "M_ROOM_IN_USE",
  "M_NOT_JOINED",
  "M_UNKNOWN",
  "__proto__",
  "constructor",
  "toString",
  "",
  "M_\u0000\n2024 fake log line",
];

const HEADERS: readonly [string, string[]][] = [
  ["content-type", [
    "text/html",
    "",
    "application/json; charset=utf-16",
    "multipart/mixed",
    "a".repeat(2_000),
  ]],
  ["content-length", ["abc", "-1", "0", "3", "1e3", "99999999999999999999", "12, 12"]],
  ["retry-after", ["-5", "0.001", "abc", "1e9", "99999999", "Thu, 01 Jan 1970 00:00:00 GMT", "Foo, 99"]],
  ["content-disposition", [
    "attachment; filename*=UTF-8''%ff%",
    'inline; filename="a\\',
    "attachment; filename=../../etc/passwd",
    ";;;=",
    `attachment; filename="${"x".repeat(2_000)}"`,
  ]],
  ["location", ["", "//", "javascript:1", "https://user:pass@other.example/", "/again"]],
  ["content-encoding", ["identity", "unknown"]],
];

function utf16(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Uint16Array([0xfeff, ...[...text].map((char) => char.charCodeAt(0))]).buffer);
}

/** Returns the JSON of a value, including raw text that JSON.stringify() cannot write. */
export function write(value: unknown): string {
  const text = JSON.stringify(value);
  if (!text.includes("\\u0007raw")) return text;
  return text.replace(/"\\u0007raw(.*?)\\u0007raw"/gs, (_, inner) => JSON.parse(`"${inner}"`));
}

/** Returns the paths of all values in a JSON value, including the value itself. */
export function paths(value: unknown, here: Path = []): Path[] {
  const result: Path[] = [here];
  if (typeof value !== "object" || value === null) return result;
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value);
  for (const key of keys) {
    result.push(...paths((value as Record<string | number, unknown>)[key], [...here, key]));
  }
  return result;
}

/** Changes a key of an object or array. */
type Change = (holder: Record<string | number, unknown>, key: string | number) => void;

/** Returns a copy of a value with a change at a path. The whole value is the key of a holder. */
export function changed(value: unknown, place: Path, change: Change): unknown {
  const root: Record<string | number, unknown> = { value: structuredClone(value) };
  let holder = root;
  let key: string | number = "value";
  for (const next of place) {
    holder = holder[key] as Record<string | number, unknown>;
    key = next;
  }
  change(holder, key);
  return root.value;
}

function rename(key: string | number): string {
  const name = String(key);
  const camel = name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
  return camel === name ? `${name}_` : camel;
}

/** Sets a field, also one with a name such as `__proto__`. */
function define(holder: object, key: string | number, value: unknown): void {
  Object.defineProperty(holder, key, { value, configurable: true, enumerable: true, writable: true });
}

function drop(holder: Record<string | number, unknown>, key: string | number): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

const CHANGES: readonly [string, (random: Random) => Change][] = [
  ["another value", (random) => {
    const value = random.pick(HOSTILE);
    return (holder, key) => define(holder, key, value);
  }],
  ["removed", () => drop],
  ["renamed", () => (holder, key) => {
    if (Array.isArray(holder)) return;
    const value = holder[key];
    delete holder[key];
    define(holder, rename(key), value);
  }],
  ["in an array", () => (holder, key) => define(holder, key, [holder[key]])],
  ["in an object", () => (holder, key) => define(holder, key, { value: holder[key] })],
  ["hidden in __proto__", () => (holder, key) => {
    if (Array.isArray(holder)) return;
    const value = holder[key];
    delete holder[key];
    define(holder, "__proto__", { [key]: value, polluted: true });
  }],
  ["with more fields", (random) => {
    const more = random.pick(HOSTILE);
    return (holder, key) => {
      const value = holder[key];
      if (Array.isArray(value)) value.push(more);
      else if (typeof value === "object" && value !== null) {
        define(value, random.pick(["__proto__", "constructor", "then", "toJSON", "toString", "more"]), more);
      } else define(holder, key, more);
    };
  }],
  ["as a string", () => (holder, key) => define(holder, key, JSON.stringify(holder[key]) ?? "")],
];

/** Mutates a valid value at one or a few paths. */
export function mutateValue(random: Random, value: unknown): { value: unknown; how: string } {
  const how: string[] = [];
  do {
    const place = random.pick(paths(value));
    const [name, make] = random.pick(CHANGES);
    value = changed(value, place, make(random));
    how.push(`${place.length ? place.join(".") : "the value"} ${name}`);
  } while (value !== undefined && how.length < 4 && random.chance(0.3));
  return { value, how: how.join("; ") };
}

/** Repeats a key at the start or the end of an object. */
function duplicate(random: Random, text: string, value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return text;
  const [key = "a"] = [random.pick(Object.keys(value))];
  const other = `${JSON.stringify(key)}:${write(random.pick(HOSTILE))}`;
  if (text === "{}") return `{${other},${other}}`;
  return random.chance(0.5) ? `{${other},${text.slice(1)}` : `${text.slice(0, -1)},${other}}`;
}

const encoder = new TextEncoder();
const bytes = (body: string | Uint8Array<ArrayBuffer>) =>
  typeof body === "string" ? encoder.encode(body) : body;

/** Returns a mutated body of a valid value. */
function mutateBody(random: Random, valid: unknown): { body: Uint8Array<ArrayBuffer>; how: string } {
  const text = JSON.stringify(valid);
  switch (random.below(12)) {
    case 0: {
      const body = random.pick(BODIES);
      return { body: bytes(body), how: "another body" };
    }
    case 1: {
      const end = random.below(text.length + 1);
      return { body: bytes(text.slice(0, end)), how: `cut after ${end} characters` };
    }
    case 2:
      return { body: bytes(duplicate(random, text, valid)), how: "a repeated key" };
    case 3: {
      const body = bytes(text);
      for (let i = 0; i < 3 && body.length; i++) body[random.below(body.length)] = random.below(256);
      return { body, how: "three bytes changed" };
    }
    case 4: {
      const [how, body] = random.pick<[string, string | Uint8Array<ArrayBuffer>]>([
        ["after a BOM", `\ufeff${text}`],
        ["after two BOMs", `\ufeff\ufeff${text}`],
        ["twice", text + text],
        ["as a string", JSON.stringify(text)],
        ["in an array", `[${text}]`],
        ["as UTF-16", utf16(text)],
        ["with a comma", text.replace(/}$/, ",}")],
        ["as JSONP", `callback(${text})`],
        ["with NUL", `${text}\0`],
      ]);
      return { body: bytes(body), how };
    }
    default: {
      const { value, how } = mutateValue(random, valid);
      return { body: bytes(value === undefined ? "" : write(value)), how };
    }
  }
}

/** Returns a hostile response made from a valid one. */
export function mutateResponse(random: Random, valid: unknown): HostileResponse {
  const headers: Record<string, string> = { "content-type": "application/json" };
  let status = 200;
  let content = valid;
  if (random.chance(0.25)) {
    status = random.pick(STATUSES);
    content = { ...ERROR, errcode: random.pick(CODES) };
  } else if (random.chance(0.05)) status = random.pick(ODD_STATUSES);
  const empty = [204, 205, 304].includes(status);
  const { body, how } = mutateBody(random, content);
  if (random.chance(0.5)) headers["content-length"] = String(body.length);
  if (random.chance(0.2)) {
    const [name, values] = random.pick(HEADERS);
    headers[name] = random.pick(values);
  }
  if (status >= 300 && status < 400) headers.location ??= random.pick(["/again", "https://other.example/"]);
  return { status, body: empty ? null : body, headers, how: `${status}, ${how}` };
}
