import { delay } from "@std/async/delay";
import { type RetryPolicy, unlessAborted } from "../../http/retry.ts";
import { MatrixRequestError, MatrixResponseError, type RequestErrorInit } from "../../http/errors/base.ts";
import { isJsonObject } from "../../types/json.ts";
import type { Filter } from "../../types/filter.ts";
import type { FilterID, SyncToken, UserID } from "../../types/identifiers.ts";
import type { SyncResponse } from "../../types/sync.ts";
import { faultOf, retry, waitAfter } from "./retry.ts";
import type { Session } from "./session.ts";

/** Consecutive 4xx responses after which to give up. */
const REFUSALS = 3;

/** The policy of requests that `ask()` retries. */
export const ONE_ATTEMPT: RetryPolicy = { limit: 0 };

/**
 * Requests one sync response after another. The next request follows the last response, whether that has been committed
 * or not.
 *
 * @param session The session.
 * @returns The responses, unchanged from the server.
 * @throws What the store fails with, what ends a sync, or the signal's reason.
 */
export async function* poll(session: Session): AsyncGenerator<SyncResponse, void, undefined> {
  const { client, settings, signal } = session;
  const { timeout, setPresence } = settings;
  session.report("starting");
  signal.throwIfAborted();
  session.since = session.position = settings.since || await storedToken(session);
  const filterId = await uploadFilter(session);
  const stalls = new StallDetector();
  for (let isFirst = true;; isFirst = false) {
    signal.throwIfAborted();
    const since = session.position;
    const fullState = isFirst && settings.fullState === true;
    let start = 0;
    const request = async () => {
      start = performance.now();
      return checkResponse(await client.sync({ since, timeout, filterId, fullState, setPresence, signal }));
    };
    session.isPolling = true;
    const response = await ask(session, request).catch((error) => {
      throw isFirst && since !== undefined ? namingToken(error, filterId) : error;
    });
    const milliseconds = performance.now() - start;
    session.isPolling = false;
    session.hasPolled = true;
    session.fullState = fullState;
    const stall = stalls.look({ since, response, milliseconds, timeout, fullState });
    if (stall?.isFault !== true && session.state !== "syncing") session.report("syncing");
    yield response;
    session.position = response.next_batch;
    if (stall === undefined) continue;
    session.expect(stall.wait);
    if (stall.isFault) session.report("stalled", { wait: stall.wait });
    await delay(stall.wait, { signal });
  }
}

/**
 * Stores the token of a batch, after those of earlier batches.
 *
 * @param session The session.
 * @param response The batch.
 * @param settled Waits for the detached work of the batch; returns whether it has ended by itself.
 * @throws What the store fails with. The signal's reason, if work was interrupted: the batch must come again.
 */
export function commit(
  session: Session,
  { next_batch: token }: SyncResponse,
  settled: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<void> {
  const earlier = session.committed;
  session.backlog++;
  const store = async () => {
    const isDone = await settled();
    await earlier;
    if (!isDone) throw session.signal.reason;
    await session.store.set(token);
    session.since = token;
    session.backlog--;
  };
  return session.committed = store();
}

/**
 * Makes a request until there is a response. Connection errors, rate limits and faults of the homeserver are waited
 * out, and reported.
 *
 * @param session The session.
 * @param request Makes one attempt.
 * @param refusals Consecutive 4xx responses after which to give up.
 * @throws What no further attempt can change, or the signal's reason.
 */
export async function ask<T>(
  session: Session,
  request: () => Promise<T>,
  refusals: number = REFUSALS,
): Promise<T> {
  const { signal, limit, settings: { backoff } } = session;
  let refused = 0;
  let failures = 0;
  const next = (error: unknown): number | undefined => {
    signal.throwIfAborted();
    const fault = faultOf(error);
    if (fault === "final" || fault === "wrong" || ++failures > limit) return undefined;
    if (fault === "refused" && ++refused >= refusals) return undefined;
    const wait = waitAfter(error, backoff, failures);
    session.failures = failures;
    session.report("waiting", { failures, error, wait });
    return wait;
  };
  signal.throwIfAborted();
  const attempt = () => {
    session.expect(0);
    return request();
  };
  const response = await retry(attempt, next, signal);
  if (failures > 0) {
    session.failures = 0;
    if (!session.isPolling) session.report(session.hasPolled ? "syncing" : "starting");
  }
  return response;
}

/**
 * Returns the client's user ID, which the homeserver is asked for if it is unknown.
 *
 * @throws What ends a sync, or the signal's reason.
 */
export async function ownUserId(session: Session): Promise<UserID> {
  const { client, signal } = session;
  if (client.mxid !== undefined) return client.mxid;
  return await (session.self ??= ask(session, async () => {
    const { user_id: userId } = await client.whoami({ signal, retry: ONE_ATTEMPT });
    try {
      client.mxid = userId;
    } catch (cause) {
      throw new MatrixResponseError("Invalid `user_id` in response: expected a user ID", { cause });
    }
    return userId;
  }));
}

/**
 * Returns the definition of the filter, which the homeserver is asked for if only its ID is known.
 *
 * @returns The filter; `undefined` without one.
 * @throws The refusal to return it, what ends a sync, or the signal's reason.
 */
export async function filterOf(session: Session): Promise<Filter | undefined> {
  const { client, settings: { filter }, signal, widenFilter } = session;
  const definition = async () => {
    if (!filter || typeof filter === "object") return filter || undefined;
    if (filter.startsWith("{")) return JSON.parse(filter);
    await ownUserId(session);
    return await (session.definition ??= ask(
      session,
      () => client.getFilter(filter, { signal, retry: ONE_ATTEMPT }),
      1,
    ));
  };
  const found: Filter | undefined = await definition();
  return found && widenFilter ? widenFilter(found) : found;
}

/** Uploads the filter, unless that has been done before. Returns its ID. */
async function uploadFilter(session: Session): Promise<FilterID | undefined> {
  const { client, settings, filters, signal, widenFilter } = session;
  if (!settings.filter || (typeof settings.filter === "string" && widenFilter === undefined)) {
    return settings.filter as FilterID || undefined;
  }
  const filter = await filterOf(session) ?? {};
  if (filter === await session.definition) return settings.filter as FilterID;
  const key = session.filterKey = `${client.api.baseUrl} ${await ownUserId(session)} ${
    JSON.stringify(filter)
  }`;
  const known = filters.get(key);
  if (known !== undefined) return known;
  const filterId = await ask(session, () => client.createFilter(filter, { signal, retry: ONE_ATTEMPT }));
  filters.set(key, filterId);
  return filterId;
}

/** Reads the token from the store. A stop does not wait for a store that does not respond; a commit does. */
async function storedToken({ store, signal }: Session): Promise<SyncToken | undefined> {
  const read = async (): Promise<unknown> => await store.get();
  const token = await unlessAborted(read(), signal);
  if (token === undefined || token === null || token === "") return undefined;
  if (typeof token === "string") return token;
  throw new TypeError(`Cannot sync: the stored sync token must be a string, received ${typeof token}`);
}

/** Makes sure that the next poll can follow a response. */
function checkResponse(response: SyncResponse): SyncResponse {
  const token = isJsonObject(response) ? response.next_batch : undefined;
  if (typeof token !== "string" || token === "") {
    throw new MatrixResponseError("`next_batch` not in response.");
  }
  try {
    encodeURIComponent(token);
  } catch (cause) {
    throw new MatrixResponseError("Invalid `next_batch` in response: cannot be sent back", { cause });
  }
  return response;
}

/** Returns the refusal of a first poll with a message that names the token, which may be one of another homeserver. */
function namingToken(error: unknown, filterId: FilterID | undefined): unknown {
  if (!(error instanceof MatrixRequestError) || faultOf(error) !== "refused") return error;
  const what = filterId === undefined ? "the stored sync token" : "the stored sync token, or the filter";
  const { status, errcode, body, text, retryAfter, method, path, message } = error;
  const type = error.constructor as new (message: string, init: RequestErrorInit) => MatrixRequestError;
  const init = { status, errcode, body, text, retryAfter, method, path, cause: error };
  return new type(`Cannot sync: the homeserver refuses ${what}: ${message}`, init);
}

/** The first wait of a sync that stalls, and the longest, in milliseconds. */
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 60_000;

/** A poll that takes less than this many milliseconds did not wait for events. */
const AT_ONCE = 1_000;

/** Consecutive empty responses to polls that did not wait, after which a sync stalls. */
const EMPTY_RESPONSES = 3;

/** The number of tokens that are remembered, to find out whether they repeat. */
const REMEMBERED = 16;

/** Why the next poll has to wait. */
interface Stall {
  /** The wait in milliseconds. */
  readonly wait: number;
  /** Whether something is wrong. With `timeout: 0`, empty responses are expected. */
  readonly isFault: boolean;
}

/** A poll and its response. */
interface Polled {
  readonly since: SyncToken | undefined;
  readonly response: SyncResponse;
  /** The duration. */
  readonly milliseconds: number;
  readonly timeout: number;
  readonly fullState: boolean;
}

/** Detects responses that bring nothing new, so that a faulty homeserver is not polled in a tight loop. */
class StallDetector {
  #empty = 0;
  #stalls = 0;
  readonly #sent: (string | undefined)[] = [];

  /** Returns how to slow down; `undefined` if all is well. */
  look({ since, response, milliseconds, timeout, fullState }: Polled): Stall | undefined {
    // A poll with full state returns at once and does not move the token.
    if (fullState) return undefined;
    if (this.#sent.at(-1) !== since) this.#sent.push(since);
    if (this.#sent.length > REMEMBERED) this.#sent.shift();
    if (hasNews(response)) {
      this.#empty = 0;
      if (this.#sent.includes(response.next_batch)) return this.#stall(true);
    } else if (milliseconds >= Math.min(AT_ONCE, timeout / 2) && timeout > 0) {
      this.#empty = 0;
    } else if (since !== undefined && ++this.#empty >= EMPTY_RESPONSES) {
      return this.#stall(timeout > 0);
    } else return undefined;
    this.#stalls = 0;
  }

  #stall(isFault: boolean): Stall {
    return { wait: Math.min(FIRST_WAIT * 2 ** this.#stalls++, LONGEST_WAIT), isFault };
  }
}

/** Whether a response has any events or changed device lists. */
function hasNews({ rooms, to_device, presence, account_data, device_lists }: SyncResponse): boolean {
  return [rooms, to_device, presence, account_data, device_lists].some(hasEntries);
}

/** Whether there is a list with entries anywhere in a value. */
function hasEntries(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isJsonObject(value) && Object.values(value).some(hasEntries);
}
