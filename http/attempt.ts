import { awaitToken, type Recovery } from "./auth.ts";
import { Deadline, unlessAborted } from "./deadline.ts";
import { MatrixRequestError } from "./errors/base.ts";
import { makeRequestError } from "./errors/codes.ts";
import { isJsonObject } from "./json_object.ts";
import { readErrorText } from "./response_body.ts";
import { parseRetryAfter, type Repeatable } from "./retry.ts";
import { hideSecrets } from "./redact.ts";
import { type Outgoing, send } from "./fetch.ts";
import { type HTTPHooks, type Log, silentLog, Watch } from "./observe.ts";

/** A body for one attempt. */
export interface AttemptBody {
  /** What `fetch` gets. */
  readonly data: BodyInit | undefined;
  /** Headers that go with it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the caller's content failed with. */
  readonly failure?: () => unknown;
  /** Whether the host must not keep the body for a redirect. */
  readonly once?: boolean;
  /** Lets go of the caller's content when the attempt has failed. */
  readonly abandon?: (reason: unknown) => void;
}

/** A call that is ready to be sent, as often as it takes. */
export interface Call extends Outgoing, Repeatable {
  /** Its number. */
  readonly id: number;
  /** The path, without the query. */
  readonly path: string;
  /** The headers, with lower-case names, without the access token. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds for one attempt. */
  readonly deadline: number;
  /** Returns the access token, `""` for none; absent if the request carries none. */
  readonly token: (() => string | Promise<string>) | undefined;
  /** What can be done after a refusal. */
  readonly recovery: Recovery | undefined;
  /** Further secrets that the request carries, which no error may repeat. */
  readonly secrets: readonly string[];
  /** Whether the response is secret: errors keep only its error codes and descriptions. */
  readonly redacted: boolean;
  /** The log. */
  readonly log: Log;
  /** Called around each attempt. */
  readonly hooks: HTTPHooks | undefined;
  /** The body as text, where it is JSON; else empty. */
  readonly text: string;
  /** What the log may say of the body. */
  readonly logged: string;
  /** The largest JSON answer that is read, in bytes. */
  readonly maxSize: number;
  /** The body, or what makes that of an attempt, within the attempt's time limit. */
  readonly body: AttemptBody | ((limit: Deadline) => Promise<AttemptBody>);
}

/**
 * Makes one attempt. It is repeated, whatever the retry policy, where {@linkcode Recovery} allows it.
 *
 * @param call The call.
 * @param n The attempt's number, from 1.
 * @param read Makes the result of a 2xx response, within the time limit, which ends then unless `keep` is set.
 * @param keep Whether the time limit continues after `read` has resolved.
 * @returns The result of `read`.
 * @throws {MatrixError} If the attempt fails.
 * @throws The caller's reason, if its signal is aborted.
 */
export async function attempt<T>(
  call: Call,
  n: number,
  read: (response: Response, limit: Deadline, call: Call) => Promise<T>,
  keep: boolean,
): Promise<T> {
  const { recovery, signal } = call;
  if (recovery !== undefined) recovery.withoutToken = true;
  const current = call.token?.() ?? "";
  const token = typeof current === "string" ? current : await awaitToken(current, call.label, signal);
  if (recovery !== undefined) recovery.withoutToken = false;
  const limit = new Deadline(call.deadline, call.label, signal);
  let watch: Watch | undefined;
  let kept = false;
  let body: AttemptBody | undefined;
  try {
    if (call.log !== silentLog || call.hooks !== undefined) watch = new Watch(call, n);
    body = typeof call.body === "function" ? await call.body(limit) : call.body;
    const headers: Record<string, string> = { ...call.headers, ...body.headers };
    if (token !== "") headers.authorization = `Bearer ${token}`;
    // A custom fetch may ignore the signal.
    const response = await unlessAborted(exchange(call, headers, limit, body), limit.signal);
    limit.response = response;
    if (!response.ok) throw await requestError(call, headers, limit, response);
    const result = await unlessAborted(read(response, limit, call), limit.signal);
    watch?.end(response.status);
    kept = keep;
    return result;
  } catch (error) {
    watch?.end(error instanceof MatrixRequestError ? error.status : undefined, error);
    body?.abandon?.(error);
    limit.clear();
    const { id, method, path } = call;
    const again = recovery !== undefined && call.replayable() &&
      await recovery.recover(error, token, { call: id, method, path, attempt: n, signal }, call.label);
    if (!again) throw error;
  } finally {
    if (!kept) {
      limit.clear();
      // The listener on the caller's signal would keep the response reachable.
      limit.response = undefined;
    }
  }
  return await attempt(call, n, read, keep);
}

async function exchange(
  call: Call,
  headers: Readonly<Record<string, string>>,
  limit: Deadline,
  body: AttemptBody,
): Promise<Response> {
  try {
    return await send(call, headers, limit, body.data, body.once);
  } catch (error) {
    const failure = body.failure?.();
    throw failure !== undefined && !limit.signal.aborted ? failure : error;
  }
}

async function requestError(
  call: Call,
  headers: Readonly<Record<string, string>>,
  limit: Deadline,
  response: Response,
): Promise<MatrixRequestError> {
  const page = await readErrorText(response, limit.signal, call.signal);
  const text = hideSecrets(page, call.url, headers, call.text, call.secrets);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // Not JSON: the text is what there is to show.
  }
  const { method, path } = call;
  const { status } = response;
  const retryAfter = parseRetryAfter(response.headers.get("retry-after"), body);
  if (!call.redacted) return makeRequestError({ status, text, body, retryAfter, method, path });
  return makeRequestError({ status, body: descriptionOf(body), retryAfter, method, path });
}

/** Fields of an error response, of Matrix and of OAuth 2.0, that describe the error. */
const DESCRIPTION = ["errcode", "error", "error_description", "error_uri", "retry_after_ms"];

function descriptionOf(body: unknown): Record<string, unknown> | undefined {
  if (!isJsonObject(body)) return undefined;
  return Object.fromEntries(Object.entries(body).filter(([name]) => DESCRIPTION.includes(name)));
}
