import { Deadline, unlessAborted } from "./deadline.ts";
import { MatrixRequestError } from "./errors/base.ts";
import { makeRequestError } from "./errors/codes.ts";
import { readErrorText } from "./response_body.ts";
import { parseRetryAfter, type Repeatable } from "./retry.ts";
import { hideSecrets } from "./redact.ts";
import { type Outgoing, send } from "./fetch.ts";
import type { Timers } from "./timer.ts";
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
  /** Milliseconds for one attempt. */
  readonly deadline: number;
  /** Where timers come from. */
  readonly timers: Timers;
  /** Where log lines go. */
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
 * Makes one attempt.
 *
 * @param call The call.
 * @param n The attempt's number, from 1.
 * @param read Makes the result of a 2xx answer, within the time limit, which ends then unless `keep` is set.
 * @param keep Whether the time limit goes on after `read` has resolved.
 * @throws {MatrixError} Whatever goes wrong on the way, or the caller's reason.
 */
export async function attempt<T>(
  call: Call,
  n: number,
  read: (response: Response, limit: Deadline, call: Call) => Promise<T>,
  keep: boolean,
): Promise<T> {
  const limit = new Deadline(call.timers, call.deadline, call.label, call.signal);
  let watch: Watch | undefined;
  let kept = false;
  let body: AttemptBody | undefined;
  try {
    if (call.log !== silentLog || call.hooks !== undefined) watch = new Watch(call, n);
    body = typeof call.body === "function" ? await call.body(limit) : call.body;
    // What stands in for fetch may have no ear for the signal.
    const standIn = call.fetch !== globalThis.fetch;
    const sent = body.headers === undefined ? send(call, limit, body.data) : exchange(call, limit, body);
    const response = await (standIn ? unlessAborted(sent, limit.signal) : sent);
    limit.response = response;
    if (!response.ok) throw await requestError(call, limit, response);
    const answer = read(response, limit, call);
    const result = await (standIn ? unlessAborted(answer, limit.signal) : answer);
    watch?.end(response.status);
    kept = keep;
    return result;
  } catch (error) {
    watch?.end(error instanceof MatrixRequestError ? error.status : undefined, error);
    body?.abandon?.(error);
    throw error;
  } finally {
    if (!kept) {
      limit.clear();
      // What it is kept for is over. Otherwise it lives as long as the caller's signal has the collector believe.
      limit.response = undefined;
    }
  }
}

async function exchange(call: Call, limit: Deadline, body: AttemptBody): Promise<Response> {
  try {
    const headers = { ...call.headers, ...body.headers };
    return await send({ ...call, headers }, limit, body.data, body.once);
  } catch (error) {
    const failure = body.failure?.();
    throw failure !== undefined && !limit.signal.aborted ? failure : error;
  }
}

async function requestError(call: Call, limit: Deadline, response: Response): Promise<MatrixRequestError> {
  const page = await readErrorText(response, limit.signal, call.signal);
  const text = hideSecrets(page, call.url, call.headers, call.text);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // Not JSON: the text is what there is to show.
  }
  const { method, path } = call;
  const retryAfter = parseRetryAfter(response.headers.get("retry-after"), body);
  return makeRequestError({ status: response.status, text, body, retryAfter, method, path });
}
