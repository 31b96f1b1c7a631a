import { Deadline, unlessAborted } from "./deadline.ts";
import { MatrixRequestError, MatrixTimeoutError } from "./errors/base.ts";
import { MUnknownToken } from "./errors/codes.ts";
import type { AttemptStart, Log } from "./observe.ts";
import type { APIRequestOptions, Method, RequestToOptions } from "./options.ts";

/** Sends the requests of a {@linkcode TokenSource}. An {@linkcode HTTPAPI} passes itself. */
export interface TokenSender {
  /** The homeserver's base URL, without a trailing slash. */
  readonly baseUrl: string;
  /** The transport's log. */
  readonly log: Log;
  /**
   * Sends a request to the homeserver. Pass `authenticated: false`: a request that needs a token would wait for the
   * token that it is meant to fetch.
   *
   * @param method The HTTP method.
   * @param path The path, from `/_matrix/` on.
   * @param options Query, body and request options.
   * @returns The parsed JSON.
   */
  request<T = unknown>(method: Method, path: string, options?: APIRequestOptions): Promise<T>;
  /**
   * Sends a form or JSON to another origin, such as an OAuth 2.0 token endpoint.
   *
   * @param url The URL.
   * @param options The form or JSON, and request options.
   * @returns The parsed JSON.
   */
  requestTo<T = unknown>(url: string | URL, options: RequestToOptions): Promise<T>;
}

/** Options of {@linkcode TokenSource.end}. */
export interface EndSessionOptions extends Pick<APIRequestOptions, "signal" | "deadline" | "retry"> {
  /**
   * Whether to end all sessions of the user. Authorization servers have no such request.
   *
   * @default {false}
   */
  everywhere?: boolean | undefined;
}

/**
 * Supplies the access token of each attempt, and another one after the homeserver has refused it.
 *
 * An error that a method throws fails the attempt. The retry policy applies to it as if repeating were safe, because
 * the homeserver has not processed anything.
 */
export interface TokenSource {
  /**
   * Returns the token of an attempt that is about to be sent. May renew it first.
   *
   * @param sender Sends the requests that this needs.
   * @returns The token; `""` for none.
   */
  token(sender: TokenSender): string | Promise<string>;
  /**
   * Reports that the homeserver refused a token with 401 `M_UNKNOWN_TOKEN`.
   *
   * @param token The token that was sent.
   * @param error The error response.
   * @param sender Sends the requests that this needs.
   * @returns Whether `token()` returns another token now, with which to send the request again.
   */
  refused(token: string, error: MUnknownToken, sender: TokenSender): Promise<boolean>;
  /**
   * Signs out: sends the request that ends the session, and forgets its tokens. `logout()` sends the homeserver's own
   * request if a source lacks this.
   *
   * @param sender Sends the requests that this needs.
   * @param options Request options, and whether to end all of the user's sessions.
   */
  end?(sender: TokenSender, options?: EndSessionOptions): Promise<void>;
}

/** An attempt that the homeserver refused. */
export interface RefusedAttempt extends AttemptStart {
  /** The caller's signal. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Repairs what made the homeserver refuse a request.
 *
 * @param error The error response.
 * @param attempt The attempt that was refused.
 * @returns Whether to send the same request again.
 */
export type OnRefusal = (error: MatrixRequestError, attempt: RefusedAttempt) => Promise<boolean>;

/** Milliseconds that an attempt waits for its access token. */
const TOKEN_DEADLINE = 30_000;

/** Renewals of the access token during one call. The first can yield a token that expires before it is used. */
const MAX_RENEWALS = 2;

/** Refusals with this status are left to the retry policy. */
const TOO_MANY_REQUESTS = 429;

/**
 * Waits for an access token, or for a decision on one.
 *
 * @throws {MatrixTimeoutError} If it takes longer than 30 s.
 * @throws The signal's reason if it is aborted.
 */
export async function awaitToken<T>(
  promise: Promise<T>,
  label: string,
  signal: AbortSignal | undefined,
): Promise<T> {
  // If the signal is aborted already, nothing else handles a rejection.
  promise.catch(() => {});
  const limit = new Deadline(
    TOKEN_DEADLINE,
    (milliseconds) => new MatrixTimeoutError(`${label}: no access token within ${milliseconds} ms`),
    signal,
  );
  try {
    return await limit.race(promise);
  } finally {
    limit.clear();
  }
}

/** The recovery of one call after a refusal. Exists only if there is a token source or `onRefusal`. */
export class Recovery {
  /** Whether the last attempt failed for want of a token. Repeating it is safe then. */
  withoutToken = false;
  readonly #refused: ((token: string, error: MUnknownToken) => Promise<boolean>) | undefined;
  readonly #onRefusal: OnRefusal | undefined;
  #renewals = 0;
  #asked = false;

  /**
   * Creates the recovery of a call.
   *
   * @param refused Reports a refused token to the token source.
   * @param onRefusal The program's own repair.
   */
  constructor(
    refused: ((token: string, error: MUnknownToken) => Promise<boolean>) | undefined,
    onRefusal: OnRefusal | undefined,
  ) {
    this.#refused = refused;
    this.#onRefusal = onRefusal;
  }

  /**
   * Returns whether to send the same request again.
   *
   * @param error The error of the attempt.
   * @param token The token that was sent; `""` for none.
   * @param attempt The attempt.
   * @param label The action, for messages.
   */
  async recover(error: unknown, token: string, attempt: RefusedAttempt, label: string): Promise<boolean> {
    if (!(error instanceof MatrixRequestError)) return false;
    const { status } = error;
    const { signal } = attempt;
    signal?.throwIfAborted();
    if (
      this.#refused !== undefined && error instanceof MUnknownToken && status === 401 && token !== "" &&
      this.#renewals < MAX_RENEWALS
    ) {
      this.withoutToken = true;
      const renewed = await awaitToken(Promise.resolve(this.#refused(token, error)), label, signal);
      this.withoutToken = false;
      // A renewal that failed does not count: an unreachable issuer must not turn into "unknown token".
      if (renewed) {
        this.#renewals++;
        return true;
      }
    }
    if (this.#onRefusal === undefined || this.#asked) return false;
    if (status < 400 || status > 499 || status === TOO_MANY_REQUESTS) return false;
    this.#asked = true;
    return await unlessAborted(Promise.resolve(this.#onRefusal(error, attempt)), signal);
  }
}
