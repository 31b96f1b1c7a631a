/** Matches names of JSON fields whose values are secrets. */
const NAMES = String.raw`\w*(?:password|token|secret|(?:private|recovery|session)_key)\w*`;

/** Words of every Matrix error body. They are never redacted, even if a password equals one of them. */
const WORDS =
  "errcode error retry_after_ms soft_logout flows stages session params completed m.login.password token";

/** Returns whether the JSON of a request body contains secrets, at any depth. */
export function hasSecrets(text: string): boolean {
  return new RegExp(`"(?:auth|${NAMES})":`).test(text);
}

/** Returns the strings in JSON that are as long as a key can be, without names of fields. */
export function longStrings(json: string): string[] {
  return json.match(/(?<=")(?:[^"\\]|\\.){12,}(?="(?!\s*:))/g) ?? [];
}

/**
 * Redacts the secrets in a response: those of the request that it repeats, and its own.
 *
 * @param page The body of the response.
 * @param url The request's URL. Its query is considered secret.
 * @param headers The request's headers.
 * @param body The request's body, if it was JSON.
 * @param secrets Further secrets of the request.
 * @returns The body with `…` in place of secrets.
 */
export function hideSecrets(
  page: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  secrets: readonly string[],
): string {
  // Values of such fields, also if the JSON is itself in a string. The rest of that string is redacted then.
  const values = new RegExp(String.raw`(?<="${NAMES}\\*"\s*:\s*\\*")(?:[^"\\]|\\.)+`, "g");
  const { authorization, cookie } = headers;
  const token = authorization?.replace(/^\w+ /, "");
  for (const secret of [token, cookie, url.split("?")[1], ...body.match(values) ?? [], ...secrets]) {
    if (secret) page = hide(page, secret);
  }
  return page.replace(values, "…");
}

/** Redacts a secret. A short one may be part of another word, so it must stand alone. The error code is kept. */
function hide(page: string, secret: string): string {
  if (secret.length < 4 || WORDS.includes(secret) || !page.includes(secret)) return page;
  const text = secret.replace(/[^\w\s]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
  const [before, after] = secret.length < 8 ? [String.raw`(?<![\w.])`, String.raw`(?!\w)`] : ["", ""];
  const code = String.raw`(?<!"errcode"\s*:\s*"[^"]{0,100})`;
  return page.replace(new RegExp(before + text + code + after, "gu"), "…");
}

/** Levels of `cause` that are copied. An error can be its own cause. */
const MAX_CAUSES = 8;

/**
 * Copies an error that `fetch` threw: name, message, stack, code and cause. The original may contain the URL with its
 * query (Deno, Bun) or bytes of the response.
 *
 * @param cause The error; any other value is returned unchanged.
 * @param depth The number of errors that it is the cause of.
 * @returns The copy.
 */
export function copyError(cause: unknown, depth = 0): unknown {
  if (!(cause instanceof Error)) return cause;
  const inner = cause.cause === undefined || depth >= MAX_CAUSES
    ? undefined
    : copyError(cause.cause, depth + 1);
  const copy = new Error(withoutQueries(cause.message), inner === undefined ? undefined : { cause: inner });
  copy.name = cause.name;
  copy.stack = withoutQueries(cause.stack ?? "");
  if ("code" in cause) Object.assign(copy, { code: cause.code });
  return copy;
}

function withoutQueries(text: string): string {
  return text.replace(/\?[^\s)'"]*/g, "");
}

/**
 * The reasons for which a connection fails, by the name, code or message of the error of Deno 2.9, Bun 1.4 and Node 20.
 * Bun does not distinguish a reset from a closed connection.
 */
const REASONS: readonly (readonly [reason: string, pattern: RegExp])[] = [
  ["network access denied", /NotCapable|EACCES|EPERM/],
  ["host not found", /ENOTFOUND|EAI_|dns error/],
  ["port blocked", /bad port|port \d+ are blocked/],
  ["invalid certificate", /CERT|certificate/],
  ["TLS handshake failed", /EPROTO|ERR_SSL|corrupt message/],
  ["malformed response", /HPE_|invalid HTTP version|Malformed_HTTP/],
  ["connection refused", /ECONNREFUSED|ConnectionRefused|Connection refused/],
  ["connection timed out", /ETIMEDOUT|CONNECT_TIMEOUT|timed out/i],
  ["network unreachable", /ENETUNREACH|EHOSTUNREACH|unreachable/],
  [
    "connection closed",
    /ECONNRESET|EPIPE|UND_ERR_SOCKET|ConnectionClosed|reset by peer|closed before|handshake eof|reading a body/,
  ],
];

/**
 * Returns why a connection failed, in the same words on all runtimes.
 *
 * @param error The error that `fetch` threw.
 * @returns The reason, such as `connection refused`; `undefined` if it is unknown.
 */
export function connectionReason(error: unknown): string | undefined {
  let text = "";
  for (
    let cause = error, depth = 0;
    cause instanceof Error && depth <= MAX_CAUSES;
    cause = cause.cause, depth++
  ) {
    // The URL may contain words that look like a reason.
    text += ` ${cause.name} ${(cause as { code?: unknown }).code} ${
      cause.message.replace(/https?:\/\/\S+/g, "")
    }`;
  }
  return REASONS.find(([, pattern]) => pattern.test(text))?.[0];
}
