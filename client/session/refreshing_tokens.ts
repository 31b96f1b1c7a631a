import type { EndSessionOptions, TokenSender, TokenSource } from "../../http/attempt.ts";
import { within } from "../../http/retry.ts";
import { asOAuthError, MatrixError, MatrixRequestError, MatrixTimeoutError } from "../../http/errors/base.ts";
import { MUnknownToken } from "../../http/errors/codes.ts";
import { HTTPAPI } from "../../http/http_api.ts";
import { callHook, type Log } from "../../http/observe.ts";
import type { Fetch, RequestOptions } from "../../http/options.ts";
import { given, numberOrKind, parseServerUrl } from "../../http/validate.ts";
import {
  checkSession,
  endsSession,
  isPassing,
  markRenewalFailure,
  type OAuthSession,
  readRefreshResponse,
  readTokenResponse,
  type Session,
  type TokenGrant,
  withoutFinalCode,
} from "./session.ts";
import type { SessionStore } from "../stores.ts";

/** A session that has ended. */
export interface SessionEnd {
  /** Whether the homeserver keeps the device, so that a login with the same device ID continues it. */
  readonly softLogout: boolean;
}

/** A renewed access token. */
export interface Renewal {
  /** When the new access token expires, in milliseconds since 1970; `undefined` if it is unknown. */
  readonly expiresAt: number | undefined;
}

/** Options of {@linkcode RefreshingTokens}. */
export interface RefreshingTokensOptions {
  /** Called once if the authorization server or the homeserver has ended the session. The session stays in the store. */
  onEnd?: ((end: SessionEnd) => void | Promise<void>) | undefined;
  /** Called after a renewed token was stored. */
  onRenew?: ((renewal: Renewal) => void | Promise<void>) | undefined;
  /**
   * The time before its expiry at which an access token is renewed, in milliseconds. By default a tenth of its life, at
   * least 1 s and at most 30 s.
   */
  margin?: number | undefined;
  /** Sends the renewals, in place of the client's `fetch`. */
  fetch?: Fetch | undefined;
}

/** A renewal that failed in a way that may pass. */
interface Failure {
  readonly error: unknown;
  /** When the next renewal may be sent, in milliseconds since 1970. */
  readonly until: number;
  readonly count: number;
}

/** Renewed tokens that could not be stored. */
interface Unstored {
  readonly session: Session;
  /** The refresh token that they replace. */
  readonly replaces: string;
}

/**
 * Time limit of a renewal, waiting for the store and its lock included, in milliseconds. Shorter than the time that an
 * attempt waits for its token, so that a call whose renewal hangs can start another one.
 */
const RENEWAL_LIMIT = 25_000;

/** Time limit of the request of a renewal, in milliseconds. Shorter than the lease of any store's lock. */
const REQUEST_LIMIT = 20_000;

/** The shortest and the longest wait before the next renewal after a failure, in milliseconds. */
const MIN_WAIT = 1_000;
const MAX_WAIT = 60_000;

/** The longest wait that a server can ask for, in milliseconds, in case the value is wrong by orders of magnitude. */
const MAX_RETRY_AFTER = 3_600_000;

/** Bounds of the default margin, in milliseconds. */
const MIN_MARGIN = 1_000;
const MAX_MARGIN = 30_000;

/**
 * Supplies access tokens that expire, and renews them: shortly before they expire, and after the homeserver has refused
 * one. Works for sessions of OAuth 2.0 and of the legacy login.
 *
 * Requests that need a token at the same time share one renewal. New tokens are stored before they are used, so a
 * process that is killed at any moment continues with the session in the store. Only an explicit refusal by the
 * authorization server or the homeserver ends the session. A lost connection, a gateway's error or a full disk never
 * does: the affected calls fail, and later calls attempt the renewal again.
 *
 * Pass one instance to all clients of the session in a process. Processes that share a session need a store with a
 * {@linkcode SessionStore.lock | lock()}.
 *
 * @example A session from a store
 * ```ts
 * import { ClientAPI, MemorySessionStore, RefreshingTokens } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const store = new MemorySessionStore({
 *   baseUrl: "https://matrix.example.org",
 *   userId: "@alice:example.org",
 *   deviceId: "DEVICE",
 *   accessToken: "alice_1",
 *   refreshToken: "refresh_1",
 *   expiresAt: Date.now() - 1,
 * });
 * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", auth: new RefreshingTokens(store) });
 *
 * assertEquals((await client.whoami()).user_id, "@alice:example.org");
 * const session = await store.get();
 * assertEquals(session?.accessToken, client.api.token); // a new one
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#refreshing-access-tokens
 */
export class RefreshingTokens implements TokenSource {
  readonly #store: SessionStore;
  readonly #options: RefreshingTokensOptions;
  readonly #loading = new SharedRun<void>(RENEWAL_LIMIT, "Cannot load the session");
  readonly #renewing = new SharedRun<void>(RENEWAL_LIMIT, "Cannot renew the access token");
  #session: Session | undefined;
  #margin = 0;
  /** The access token that the homeserver refused last. */
  #refused: string | undefined;
  #unstored: Unstored | undefined;
  #failure: Failure | undefined;
  #end: { readonly softLogout: boolean; readonly cause: unknown } | undefined;
  /** Number of the last renewal that was started, and of the last whose tokens were stored. */
  #started = 0;
  #stored = 0;

  /**
   * Creates a token source. Nothing is read or sent before the first request.
   *
   * @param store Holds the session.
   * @param options What to call when the session is renewed or ends, and when to renew it.
   * @throws {TypeError} If the store lacks a method.
   * @throws {RangeError} If the margin is negative or not finite.
   */
  constructor(store: SessionStore, options?: RefreshingTokensOptions) {
    for (const name of ["get", "set", "remove"] as const) {
      if (typeof store?.[name] !== "function") {
        throw new TypeError(`Cannot use the session store: it must have a method ${name}()`);
      }
    }
    const all = given(options);
    const { margin } = all;
    if (margin !== undefined && margin !== null && !(Number.isFinite(margin) && margin >= 0)) {
      throw new RangeError(
        `Cannot use the margin: it must be 0 ms or more, received ${numberOrKind(margin)}`,
      );
    }
    this.#store = store;
    this.#options = { ...all };
  }

  /**
   * Returns the access token of a request that is about to be sent. Renews it first if it is about to expire.
   *
   * @param sender Sends the renewal.
   * @returns The access token; `""` if the store holds no session.
   * @throws {MUnknownToken} If the session has ended. Its `cause` is the refusal.
   * @throws {MatrixError} If the access token has expired and cannot be renewed now.
   * @throws The store's own error if it fails.
   */
  token(sender: TokenSender): string | Promise<string> {
    const session = this.#session;
    // Without a promise in the usual case.
    if (session !== undefined && this.#end === undefined && this.#isFresh(session)) {
      return session.accessToken;
    }
    return this.#currentToken(sender);
  }

  /**
   * Renews the access token after the homeserver has refused it, unless that has happened in the meantime.
   *
   * @param token The access token that was refused.
   * @param error The refusal. If the session has ended, its `cause` becomes the refusal of the renewal.
   * @param sender Sends the renewal.
   * @returns Whether there is another access token now; `false` if the session has ended.
   * @throws {MatrixError} If the access token cannot be renewed now.
   * @throws The store's own error if it fails.
   */
  async refused(token: string, error: MUnknownToken, sender: TokenSender): Promise<boolean> {
    const session = this.#session ?? await this.#load();
    if (session === undefined) return false;
    if (this.#end === undefined) {
      if (session.accessToken !== token) return true;
      // Ignore `soft_logout`. Synapse reports `false` for every expired OAuth token.
      this.#refused = token;
      await this.#renewUnlessWaiting(session, sender, error);
      if (this.#end === undefined) return true;
    }
    const { cause } = this.#end;
    if (cause !== undefined && cause !== error && error.cause === undefined) {
      Object.defineProperty(error, "cause", { value: cause, configurable: true, writable: true });
    }
    return false;
  }

  /**
   * Signs out and removes the session from the store. Under OAuth 2.0 the refresh token is revoked; a failure to do so
   * is logged, and the session is removed all the same. Otherwise `POST /logout` is sent.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#token-revocation
   * @param sender Sends the request: a client's `api`.
   * @param options Request options, and whether to end all of the user's sessions.
   * @throws {MatrixError} If `POST /logout` failed. The session is kept then, unless the homeserver has ended it already.
   * @throws The store's own error if it fails.
   */
  async end(sender: TokenSender, options?: EndSessionOptions): Promise<void> {
    const { everywhere, signal, deadline, retry } = given(options);
    const request = { signal, deadline, retry };
    await this.#renewing.settled();
    const session = this.#session ?? await this.#load();
    if (session?.oauth === undefined || everywhere) {
      if (session !== undefined) await logOut(sender, everywhere ?? false, request);
      await this.#exclusively(() => this.#store.remove());
    } else {
      await this.#exclusively(async () => {
        const current = await this.#read();
        if (current?.oauth !== undefined) await this.#revoke(current, current.oauth, sender, request);
        await this.#store.remove();
      });
    }
    this.#session =
      this.#end =
      this.#refused =
      this.#unstored =
      this.#failure =
        undefined;
  }

  async #currentToken(sender: TokenSender): Promise<string> {
    const session = this.#session ?? await this.#load();
    if (session === undefined) return "";
    if (this.#end === undefined && !this.#isFresh(session)) {
      try {
        await this.#renewUnlessWaiting(session, sender);
      } catch (error) {
        const isOfRenewal = error === this.#failure?.error || error instanceof MatrixError;
        if (!isOfRenewal || !this.#isValid(session)) throw error;
      }
    }
    if (this.#end !== undefined) throw endedError(this.#end);
    return this.#session?.accessToken ?? "";
  }

  /** Loads the session from the store; the last one that was loaded or renewed replaces it from then on. */
  async #load(): Promise<Session | undefined> {
    const load = async () => {
      const session = await this.#read();
      if (this.#session === undefined && session !== undefined) this.#use(session);
    };
    await this.#loading.join(load).catch(rethrowMarked);
    return this.#session;
  }

  /** Renews a session, unless a renewal has just failed. Then its error is thrown again. */
  async #renewUnlessWaiting(session: Session, sender: TokenSender, error?: MUnknownToken): Promise<void> {
    const failure = this.#failure;
    if (failure !== undefined && Date.now() < failure.until) throw failure.error;
    const renew = () => {
      const number = ++this.#started;
      const old = session.accessToken;
      return this.#exclusively(() => this.#renew(number, old, this.#senderOf(sender), error));
    };
    await this.#renewing.join(renew).catch(rethrowMarked);
  }

  /** Replaces the session in the store by a renewed one, or takes over the one that another process has stored. */
  async #renew(
    number: number,
    old: string,
    sender: TokenSender,
    refusal: MUnknownToken | undefined,
    moved?: Endpoints,
  ): Promise<void> {
    if (this.#unstored !== undefined && await this.#storeAgain(this.#unstored, number, sender.log)) return;
    const session = await this.#read();
    if (session === undefined) return this.#endSession(undefined, refusal, sender.log);
    if (session.accessToken !== old) {
      this.#use(session);
      if (this.#isFresh(session)) return;
    }
    const { refreshToken } = session;
    if (!refreshToken) {
      return this.#endSession(refusal, refusal, sender.log);
    }
    const sentAt = Date.now();
    let response: unknown;
    try {
      // Nothing may be awaited between reading the store and sending: a process that is frozen there would send a
      // refresh token that another one has used.
      response = await sendRenewal(session, refreshToken, moved, sender);
    } catch (error) {
      const endpoints = moved === undefined ? await movedEndpoints(session, error, sender) : undefined;
      if (endpoints !== undefined) return await this.#renew(number, old, sender, refusal, endpoints);
      return await this.#handleFailure(session, error, refusal, sender.log);
    }
    let grant: TokenGrant;
    try {
      grant = (session.oauth ? readTokenResponse : readRefreshResponse)(response, sentAt);
    } catch (error) {
      throw this.#fail(error, false, sender.log);
    }
    const renewed: Session = { ...session, accessToken: grant.accessToken, expiresAt: grant.expiresAt };
    if (grant.refreshToken !== undefined) renewed.refreshToken = grant.refreshToken;
    if (session.oauth && moved) renewed.oauth = { ...session.oauth, ...moved };
    // A renewal that was started later has sent the refresh token later: its tokens are the valid ones.
    if (number < this.#stored) return;
    this.#unstored = { session: renewed, replaces: refreshToken };
    await this.#storeRenewed(renewed, number, sender.log);
  }

  /** Stores tokens that could not be stored before; returns whether the renewal is done. */
  async #storeAgain({ session, replaces }: Unstored, number: number, log: Log): Promise<boolean> {
    const stored = await this.#read();
    // Otherwise another process has renewed the session or signed out.
    if (stored?.refreshToken !== replaces) {
      this.#unstored = undefined;
      return false;
    }
    await this.#storeRenewed(session, number, log);
    return this.#isFresh(session);
  }

  async #storeRenewed(session: Session, number: number, log: Log): Promise<void> {
    await this.#store.set(session);
    this.#stored = Math.max(this.#stored, number);
    this.#unstored = undefined;
    this.#failure = undefined;
    this.#use(session);
    const { onRenew } = this.#options;
    if (onRenew) callHook(log, onRenew, { expiresAt: session.expiresAt });
  }

  /** Ends the session if that is what a failed renewal says, and throws its error otherwise. */
  async #handleFailure(
    session: Session,
    failure: unknown,
    refusal: MUnknownToken | undefined,
    log: Log,
  ): Promise<void> {
    const oauth = Boolean(session.oauth);
    const error = oauth ? asOAuthError(failure) : failure;
    if (!endsSession(error, oauth)) throw this.#fail(withoutFinalCode(error), isPassing(error, oauth), log);
    const stored = await this.#read();
    if (stored !== undefined && stored.refreshToken !== session.refreshToken) return this.#use(stored);
    this.#endSession(error, refusal, log);
  }

  /** Records a failure, which delays the next renewal, and returns its error. */
  #fail(error: unknown, passing: boolean, log: Log): unknown {
    markRenewalFailure(error);
    const count = (this.#failure?.count ?? 0) + 1;
    const asked = error instanceof MatrixRequestError ? error.retryAfter : undefined;
    const wait = Math.min(asked ?? Math.min(MIN_WAIT * 2 ** (count - 1), MAX_WAIT), MAX_RETRY_AFTER);
    this.#failure = { error, count, until: Date.now() + Math.max(wait, MIN_WAIT) };
    if (passing) log.warn("Cannot renew the access token for now:", error);
    else log.error("Cannot renew the access token:", error);
    return error;
  }

  #endSession(cause: unknown, refusal: MUnknownToken | undefined, log: Log): void {
    const softLogout = [cause, refusal].some((error) => error instanceof MUnknownToken && error.softLogout);
    this.#end = { softLogout, cause };
    const { onEnd } = this.#options;
    if (onEnd) callHook(log, onEnd, { softLogout });
  }

  async #revoke(
    session: Session,
    { revocationEndpoint, clientId }: OAuthSession,
    sender: TokenSender,
    request: RequestOptions,
  ): Promise<void> {
    const { refreshToken, accessToken } = session;
    const form = {
      token: refreshToken ?? accessToken,
      token_type_hint: refreshToken ? "refresh_token" : "access_token",
      client_id: clientId,
    };
    try {
      const options = { deadline: REQUEST_LIMIT, ...request, form, ignoreResponse: true, repeatable: true };
      await this.#senderOf(sender).requestTo(revocationEndpoint, options);
    } catch (error) {
      request.signal?.throwIfAborted();
      sender.log.warn("Cannot revoke the session:", asOAuthError(error));
    }
  }

  #senderOf(sender: TokenSender): TokenSender {
    const { fetch } = this.#options;
    return fetch ? new HTTPAPI({ baseUrl: sender.baseUrl, log: sender.log, fetch }) : sender;
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const store = this.#store;
    return store.lock === undefined ? await work() : await store.lock(work);
  }

  async #read(): Promise<Session | undefined> {
    return checkSession(await this.#store.get());
  }

  #use(session: Session): void {
    this.#session = session;
    const life = (session.expiresAt ?? Infinity) - Date.now();
    this.#margin = this.#options.margin ?? Math.min(Math.max(life / 10, MIN_MARGIN), MAX_MARGIN);
  }

  /** Returns whether a session's access token needs no renewal. */
  #isFresh({ accessToken, refreshToken, expiresAt }: Session): boolean {
    if (accessToken === this.#refused) return false;
    return !refreshToken || (expiresAt ?? Infinity) - Date.now() > this.#margin;
  }

  /** Returns whether a session's access token can still be used. */
  #isValid({ accessToken, expiresAt }: Session): boolean {
    return accessToken !== this.#refused && (expiresAt ?? 0) > Date.now();
  }
}

/** Marks any failure to renew or store a session, also of the store itself: a `Client` waits until it has passed. */
function rethrowMarked(error: unknown): never {
  markRenewalFailure(error);
  throw error;
}

type Endpoints = Pick<OAuthSession, "tokenEndpoint" | "revocationEndpoint">;

function sendRenewal(
  session: Session,
  refreshToken: string,
  moved: Endpoints | undefined,
  sender: TokenSender,
): Promise<unknown> {
  const options = { deadline: REQUEST_LIMIT, retry: { limit: 0 } };
  const { oauth } = session;
  if (!oauth) {
    return sender.request("POST", "/_matrix/client/v3/refresh", {
      ...options,
      authenticated: false,
      sensitive: true,
      body: { refresh_token: refreshToken },
    });
  }
  const form = { grant_type: "refresh_token", refresh_token: refreshToken, client_id: oauth.clientId };
  return sender.requestTo(moved?.tokenEndpoint ?? oauth.tokenEndpoint, { ...options, form });
}

/**
 * Returns where the endpoints of a session's authorization server are now, if the token endpoint is gone.
 */
async function movedEndpoints(
  { oauth }: Session,
  error: unknown,
  sender: TokenSender,
): Promise<Endpoints | undefined> {
  if (!oauth || !(error instanceof MatrixRequestError) || ![404, 405].includes(error.status)) {
    return undefined;
  }
  try {
    const options = { authenticated: false, deadline: REQUEST_LIMIT, retry: { limit: 0 } };
    const metadata = await sender.request<Record<string, unknown>>(
      "GET",
      "/_matrix/client/v1/auth_metadata",
      options,
    );
    const { issuer, token_endpoint: tokenEndpoint, revocation_endpoint: revocationEndpoint } = metadata;
    // A refresh token goes to no other authorization server than the one that issued it.
    if (issuer !== oauth.issuer || typeof tokenEndpoint !== "string") return undefined;
    if (tokenEndpoint === oauth.tokenEndpoint || !isAsSafe(tokenEndpoint, oauth.tokenEndpoint)) {
      return undefined;
    }
    return {
      tokenEndpoint,
      revocationEndpoint: typeof revocationEndpoint === "string" ? revocationEndpoint : "",
    };
  } catch {
    return undefined;
  }
}

/** Returns whether a refresh token that was sent to one URL can be sent to another. */
function isAsSafe(url: string, former: string): boolean {
  const { url: parsed, scheme } = parseServerUrl(url);
  return parsed !== undefined && (scheme === "https" || parseServerUrl(former).scheme === "http");
}

async function logOut(sender: TokenSender, everywhere: boolean, request: RequestOptions): Promise<void> {
  const path = everywhere ? "/_matrix/client/v3/logout/all" : "/_matrix/client/v3/logout";
  try {
    await sender.request("POST", path, { ...request, body: {} });
  } catch (error) {
    // The homeserver has ended the session already.
    if (!(error instanceof MUnknownToken)) throw error;
  }
}

function endedError({ softLogout, cause }: { softLogout: boolean; cause: unknown }): MUnknownToken {
  const body = { errcode: "M_UNKNOWN_TOKEN", error: "The session has ended", soft_logout: softLogout };
  return new MUnknownToken("Cannot make a request: the session has ended", { status: 401, body, cause });
}

/** One run of asynchronous work. */
interface Run<T> {
  readonly promise: Promise<T>;
  /** Until when others may join it, in milliseconds since 1970. */
  readonly until: number;
}

/**
 * Shares one run of asynchronous work among all callers that ask for it while it lasts.
 *
 * A run is joined within its own time limit only: Cloudflare Workers never settle a promise whose I/O belongs to a
 * request that has ended, so a run that another request started can hang forever.
 */
export class SharedRun<T> {
  readonly #limit: number;
  readonly #label: string;
  #current: Run<T> | undefined;

  /**
   * Creates it.
   *
   * @param limit The time limit of a run, in milliseconds.
   * @param label The action, for the error that callers get if it takes longer.
   */
  constructor(limit: number, label: string) {
    this.#limit = limit;
    this.#label = label;
  }

  /**
   * Waits for the run in progress, or starts one.
   *
   * @param start Starts a run. It continues if its caller stops waiting.
   * @returns The result of the run.
   * @throws The error of the run.
   * @throws {MatrixTimeoutError} If a run that this call started takes too long.
   */
  async join(start: () => Promise<T>): Promise<T> {
    const joined = this.#current;
    if (joined !== undefined && await settles(joined)) return await joined.promise;
    if (joined !== undefined && this.#current === joined) this.#current = undefined;
    // A caller that has waited for the same run may have started the next one in the meantime.
    if (this.#current !== undefined) return await this.join(start);
    const run = this.#start(start);
    if (await settles(run)) return await run.promise;
    throw new MatrixTimeoutError(`${this.#label}: no result within ${this.#limit} ms`);
  }

  /** Waits until the run in progress has settled or exceeded its time limit. Does not throw its error. */
  async settled(): Promise<void> {
    if (this.#current !== undefined) await settles(this.#current);
  }

  #start(start: () => Promise<T>): Run<T> {
    const promise = start();
    const run = this.#current = { promise, until: Date.now() + this.#limit };
    const forget = () => {
      if (this.#current === run) this.#current = undefined;
    };
    // Handles the rejection too: callers may all have stopped waiting.
    promise.then(forget, forget);
    return run;
  }
}

/** Waits for a run within its time limit; returns whether it has settled. */
async function settles<T>({ promise, until }: Run<T>): Promise<boolean> {
  const left = until - Date.now();
  if (left <= 0) return false;
  const settled = () => true;
  return await within(promise.then(settled, settled), left, false);
}
