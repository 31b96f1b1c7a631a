/** Invalid values of arguments and options, by kind. */

const NONE: readonly unknown[] = [undefined, null];
// Empty values of every type count as not given.
const NO_TEXT: readonly unknown[] = [5, true, { a: 1 }, ["a"], Symbol("a"), () => "a"];
const NO_OBJECT: readonly unknown[] = [5, true, "text", [{}], Symbol("a"), () => ({})];
const NO_LIST: readonly unknown[] = [5, true, "text", { a: 1 }];
const NO_NUMBER: readonly unknown[] = [NaN, "text", { a: 1 }, ["a"], true];
const EMPTY: readonly unknown[] = [0, false, {}, []];
const NO_ID: readonly unknown[] = [...NO_TEXT, ...EMPTY, "\ud800"];
const NO_SEGMENT: readonly unknown[] = [...NO_ID, ".", ".."];
const NO_MXC: readonly unknown[] = [
  ...NO_SEGMENT,
  "",
  "mxc://",
  "mxc://example.org",
  "mxc://example.org/",
  "mxc://example.org/a/b",
  "mxc://../a",
  "mxc://example.org/..",
  "https://example.org/a",
];

/**
 * Invalid values by kind. Kinds of options, which may be absent, end in a question mark. No value is invalid for
 * `any`.
 */
export const WRONG = {
  any: [],
  /** A path segment. */
  segment: [...NONE, "", ...NO_SEGMENT],
  /** An identifier in a query or a body. */
  id: [...NONE, "", ...NO_ID],
  /** An identifier in a body, or `null`. */
  "id-or-null": [undefined, "", ...NO_ID],
  /** A tag that is read from a response. */
  tag: [...NONE, "", ...NO_ID],
  /** The ID of a new device, which may be absent. */
  device: [...NO_TEXT, ".", "..", "\ud800"],
  /** A state key, which may be empty. */
  "key?": NO_SEGMENT,
  "room?": [...NO_TEXT, ".", "..", "\ud800"],
  "txn?": [...NO_TEXT, ".", "..", "\ud800"],
  "receipt?": ["", ...NO_SEGMENT],
  domain: [
    ...NONE,
    ...NO_ID,
    "",
    ".",
    "..",
    "https://example.org",
    "example.org/a",
    "a b",
    "user@example.org",
    "example.org:x",
    "%2e",
  ],
  text: [...NONE, ...NO_TEXT, ...EMPTY],
  /** A text that may be missing if there is HTML. */
  "text-or-html": [5, true, ["a"], Symbol("a"), () => "a"],
  "text?": NO_TEXT,
  "text-or-null": [undefined, ...NO_TEXT, ...EMPTY],
  direction: [...NONE, "", ...NO_TEXT],
  "identifier?": [5, true, ["alice"], () => "alice"],
  object: [...NONE, ...NO_OBJECT, "", 0, false, []],
  "object?": NO_OBJECT,
  "auth?": [5, true, "text", [{}], Symbol("a")],
  url: [...NONE, ...NO_TEXT, "", "text", "/path"],
  strings: [...NONE, ...NO_OBJECT, [], { a: 1 }, { a: null }],
  "filter?": [5, true, [{}], () => ({})],
  "filter-or-id?": [5, true, ["a"], Symbol("a"), () => ({})],
  /** A function or an object of the caller's own, such as a store. */
  "made?": [5, true, "text", ["a"], Symbol("a")],
  "origin?": [5, true, "text", ["text"], { a: 1 }, Symbol("a")],
  list: [...NONE, ...NO_LIST, "", 0, false, {}],
  "list?": NO_LIST,
  users: [...NONE, 5, true, "@bob:example.org", [null], [""], [5], [{}]],
  time: [...NONE, ...NO_NUMBER, new Date(NaN)],
  integer: [...NONE, ...NO_NUMBER, 1.5, ""],
  "number?": NO_NUMBER,
  boolean: [...NONE, 0, 5, "", "true", {}, [true]],
  "boolean?": [5, "true", { a: 1 }, [true]],
  json: [undefined, () => 1, Symbol("a"), 1n],
  content: [...NONE, 5, true, {}, [], Symbol("a")],
  mxc: [...NONE, ...NO_MXC],
  "mxc?": NO_MXC,
} satisfies Record<string, readonly unknown[]>;

/** The kind of an argument or option. */
export type Kind = keyof typeof WRONG;

/** Invalid values of the request options. */
export const WRONG_REQUEST_OPTIONS: Readonly<Record<string, readonly unknown[]>> = {
  signal: [5, "text", {}, new AbortController()],
  deadline: [0, -1, NaN, "5", {}],
  retry: [
    { limit: -1 },
    { limit: 1.5 },
    { limit: "5" },
    { minTimeout: NaN },
    { isRetriable: 5 },
    5,
    "text",
    [],
  ],
  headers: [{ "x y": "a" }, { "x": "a\nb" }, { x: 5 }, { x: "\u2028" }, 5, "text", [["a"]], [5]],
  query: [{ a: {} }, { a: NaN }, { a: [null] }, { a: "\ud800" }, { "\ud800": "a" }, 5, "text", ["a"]],
  timestamp: [NaN, 1.5, "5", {}, new Date(NaN)],
};
