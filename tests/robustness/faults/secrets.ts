/** The secrets of the suite, and the search for them. */
import { inspect } from "node:util";

/** JSON fields. */
export type Fields = Record<string, unknown>;

/** The secrets of requests and responses, by name. The suite searches for each of them. */
export const SECRETS = {
  accessToken: "syt_dG9rZW4_ACCESSTOKENOFALICE_1f2e3d",
  /** With characters that JSON escapes. */
  password: 'correct "horse" battery staple',
  refreshToken: "syr_REFRESHTOKENOFALICE_4c5b6a",
  query: "QUERYSECRETOFALICE",
  cookie: "COOKIEOFALICE",
  /** The access token of responses. */
  newAccessToken: "syt_bmV3_NEWTOKENOFALICE_7f8e9d",
  /** The refresh token of responses. */
  newRefreshToken: "syr_NEWREFRESHTOKENOFALICE_0a1b2c",
  /** The signature of a URL to upload to. */
  uploadSignature: "SIGNATUREOFALICE",
  privateKey: "cHJpdmF0ZSBrZXkgb2YgYWxpY2U",
  /** A key that only the requests of a crypto engine contain. */
  oneTimeKey: "b25lLXRpbWUga2V5IG9mIGFsaWNl",
  authorizationCode: "AUTHORIZATIONCODEOFALICE",
  codeVerifier: "CODEVERIFIEROFALICE_dBjftJeZ4CVP",
  clientSecret: "CLIENTSECRETOFALICE_7Fjfp0ZBr1KtDRbnfVdmIw",
  deviceCode: "DEVICECODEOFALICE_GmRhmhcxhwAzkoEqiMEg",
  asToken: "ASTOKENOFTHESERVICE_30c05ae90a248a4188e620216fa72e349803310ec83e2a77b34fe90be6081f46",
  hsToken: "HSTOKENOFTHESERVICE_312df522183efd404ec1cd22d2ffa4bbc76a8c1ccf541dd692eef281356bb74e",
} as const;

/** The access token of the client. */
export const TOKEN = SECRETS.accessToken;

/** A valid response to every call of the suite. */
export const RESPONSE: string = JSON.stringify({
  user_id: "@alice:localhost",
  device_id: "DEVICE",
  access_token: SECRETS.newAccessToken,
  refresh_token: SECRETS.newRefreshToken,
  event_id: "$event",
  content_uri: "mxc://localhost/media",
});

/** The secrets in every encoding in which they may appear. */
const FORMS: [name: string, form: string][] = Object.entries(SECRETS).flatMap(([name, secret]) =>
  [...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), btoa(secret)])]
    .map((form): [string, string] => [name, form])
);

/** Returns the names of the secrets in a text. */
export function secretsIn(text: string): string[] {
  return [...new Set(FORMS.filter(([, form]) => text.includes(form)).map(([name]) => name))];
}

/** Returns everything that shows a value: its string, its JSON, what the runtime inspects, and every field. */
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
