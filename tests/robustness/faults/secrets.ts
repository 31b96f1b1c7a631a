/** Secrets that every call of the suite carries, and the search for them. */
import { inspect } from "node:util";

/** JSON fields. */
export type Fields = Record<string, unknown>;

/** The access token. */
export const TOKEN = "syt_dG9rZW4_ACCESSTOKENOFALICE_1f2e3d";
/** The password: with what JSON escapes. */
export const PASSWORD = 'correct "horse" battery staple';
/** A refresh token in a request. */
export const REFRESH_TOKEN = "syr_REFRESHTOKENOFALICE_4c5b6a";
/** A value in the query. */
export const QUERY_SECRET = "QUERYSECRETOFALICE";
/** A cookie. */
export const COOKIE = "COOKIEOFALICE";
/** The token in answers. */
export const NEW_TOKEN = "syt_bmV3_NEWTOKENOFALICE_7f8e9d";
/** The refresh token in answers. */
export const NEW_REFRESH_TOKEN = "syr_NEWREFRESHTOKENOFALICE_0a1b2c";

/** What allows an upload to a URL that the server has named. */
export const SIGNATURE = "SIGNATUREOFALICE";
/** A private key. */
export const PRIVATE_KEY = "cHJpdmF0ZSBrZXkgb2YgYWxpY2U";

/** An answer that suits every call of the suite. */
export const ANSWER: string = JSON.stringify({
  user_id: "@alice:localhost",
  device_id: "DEVICE",
  access_token: NEW_TOKEN,
  refresh_token: NEW_REFRESH_TOKEN,
  event_id: "$event",
  content_uri: "mxc://localhost/media",
});

const NAMED = {
  TOKEN,
  PASSWORD,
  REFRESH_TOKEN,
  QUERY_SECRET,
  COOKIE,
  NEW_TOKEN,
  NEW_REFRESH_TOKEN,
  SIGNATURE,
  PRIVATE_KEY,
};

/** The secrets, each in the forms that it takes on the way. */
const FORMS: [name: string, form: string][] = Object.entries(NAMED).flatMap(([name, secret]) =>
  [...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), btoa(secret)])]
    .map((form): [string, string] => [name, form])
);

/** Names the secrets that a text holds. */
export function secretsIn(text: string): string[] {
  return [...new Set(FORMS.filter(([, form]) => text.includes(form)).map(([name]) => name))];
}

/** All that can be seen of a value: as text, as JSON, inspected by each means of the runtime, and field by field. */
export function everything(value: unknown): string {
  const { Deno, Bun } = globalThis as {
    Deno?: { inspect(value: unknown, options: object): string };
    Bun?: { inspect(value: unknown, options: object): string };
  };
  const ways: (() => unknown)[] = [
    () => String(value),
    () => JSON.stringify(value),
    () => inspect(value),
    () => inspect(value, { depth: 20, showHidden: true, maxStringLength: Infinity }),
    () => Deno?.inspect(value, { depth: 20, showHidden: true, strAbbreviateSize: 1e6 }),
    () => Bun?.inspect(value, { depth: 20 }),
    () => fields(value, new Set(), 0),
  ];
  return ways.map((way) => {
    try {
      return String(way());
    } catch (error) {
      return `(${error})`;
    }
  }).join("\n");
}

function fields(value: unknown, seen: Set<unknown>, depth: number): string {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return String(value);
  if (seen.has(value) || depth > 12) return "";
  seen.add(value);
  let text = "";
  for (const key of Reflect.ownKeys(value)) {
    let field: unknown;
    try {
      field = (value as Record<PropertyKey, unknown>)[key];
    } catch {
      continue;
    }
    text += `${String(key)}=${fields(field, seen, depth + 1)};`;
  }
  return text;
}
