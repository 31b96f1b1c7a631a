import { attempt, type Call } from "./attempt.ts";
import { type OnRefusal, Recovery, type TokenSource } from "./auth.ts";
import { checkSignal, given } from "./validate.ts";
import { checkDeadline, type Deadline } from "./deadline.ts";
import { buildHeaders, checkHeaderValue, checkToken, DEFAULT_USER_AGENT, namesItself } from "./headers.ts";
import { jsonBody } from "./request_body.ts";
import { downloadPath, type DownloadUrlOptions, parseMxcUri } from "./mxc.ts";
import type { APIRequestOptions, Fetch, Method, RequestToOptions } from "./options.ts";
import { checkPath } from "./path.ts";
import { callQuery } from "./query.ts";
import { discard, readJSON } from "./response_body.ts";
import { type FullRetryPolicy, mergePolicy, type RetryPolicy, withRetries } from "./retry.ts";
import { checkBounds, type StreamOptions, type StreamResponse, streamResponse } from "./download.ts";
import { TransactionIDs } from "./transaction_id.ts";
import type { UploadBodyOptions, UploadData } from "./upload/body.ts";
import { uploadCall } from "./upload/call.ts";
import { callHook, type HTTPHooks, type Log, loggedBody, silentLog } from "./observe.ts";

/** Options of {@linkcode HTTPAPI}. */
export interface HTTPAPIOptions {
  /** The homeserver's base URL. A sub-path is kept; trailing slashes, query and fragment are dropped. */
  baseUrl: string | URL;
  /** The access token; empty for none. */
  token?: string | undefined;
  /** Supplies the access token of each attempt, in place of `token`. */
  auth?: TokenSource | undefined;
  /**
   * Repairs what made the homeserver refuse a request: called after a 4xx response, except 429, at most once a call. If
   * it resolves with `true` the same request is sent again, whatever the retry policy. If it rejects, so does the call.
   * Not called if the body cannot be sent again, nor for requests to other servers.
   */
  onRefusal?: OnRefusal | undefined;
  /** Does the requests in place of the global `fetch`. A call ends in time also where it does not heed its signal. */
  fetch?: Fetch | undefined;
  /** What to try again, and how often. */
  retry?: RetryPolicy | undefined;
  /**
   * How long one attempt may take, in milliseconds. `Infinity` means no limit.
   *
   * @default {60000}
   */
  deadline?: number | undefined;
  /** Where log lines go, `console` for one. Silent by default. */
  log?: Log | undefined;
  /** Called around each attempt, for metrics and traces. */
  hooks?: HTTPHooks | undefined;
  /** The user to act as, with the token of an application service. */
  asUserId?: string | undefined;
  /** The device to act as, with the token of an application service. */
  asDeviceId?: string | undefined;
  /**
   * The User-Agent header. By default the library's own, where the global `fetch` is used and is free to send one.
   */
  userAgent?: string | undefined;
  /**
   * Where the counter inside transaction IDs starts.
   *
   * @default {0}
   */
  txnId?: number | undefined;
  /**
   * The largest JSON answer that is read, in bytes.
   *
   * @default {536870912}
   */
  maxResponseSize?: number | undefined;
}

/** Options of {@linkcode HTTPAPI.prototype.upload}. */
export interface UploadOptions extends Omit<APIRequestOptions, "body" | "sensitive">, UploadBodyOptions {
  /**
   * The content type. By default a `Blob`'s own.
   *
   * @default {"application/octet-stream"}
   */
  mimeType?: string | undefined;
}

const METHODS: readonly Method[] = ["GET", "POST", "PUT", "DELETE", "PATCH"];

/** About the longest string that there can be: a longer answer could not become one. */
const MAX_RESPONSE_SIZE = 2 ** 29;

/**
 * The transport: builds requests, sends them through `fetch`, tries again what can be tried again, and turns all that
 * goes wrong into a {@linkcode MatrixError}.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#api-standards
 */
export class HTTPAPI {
  /** The User-Agent header that is sent by default. */
  static readonly defaultUserAgent: string = DEFAULT_USER_AGENT;

  /** Where log lines go. */
  log: Log;
  /** Called around each attempt. */
  hooks: HTTPHooks | undefined;
  /** The user to act as, with the token of an application service. */
  asUserId: string | undefined;
  /** The device to act as, with the token of an application service. */
  asDeviceId: string | undefined;

  readonly #fetch: Fetch | undefined;
  readonly #onRefusal: OnRefusal | undefined;
  readonly #transactions: TransactionIDs;
  readonly #userAgent: string | undefined;
  readonly #maxResponseSize: number;
  #baseUrl = "";
  #token = "";
  #source: TokenSource | undefined;
  #deadline: number;
  #retry: FullRetryPolicy;
  #calls = 0;

  /**
   * Makes a transport.
   *
   * @param options The homeserver's base URL, and what else is to be known.
   * @throws {TypeError} If the base URL is not http or https, or the token holds characters that no header can carry.
   * @throws {RangeError} If the deadline or the retry policy is out of range.
   */
  constructor(options: HTTPAPIOptions) {
    options = given(options) as HTTPAPIOptions;
    this.baseUrl = options.baseUrl;
    this.token = options.token ?? "";
    this.#source = checkSource(options.auth, this.#token);
    this.#onRefusal = options.onRefusal ?? undefined;
    this.log = options.log ?? silentLog;
    this.hooks = options.hooks ?? undefined;
    this.asUserId = options.asUserId;
    this.asDeviceId = options.asDeviceId;
    this.#fetch = options.fetch ?? undefined;
    this.#deadline = checkDeadline(options.deadline ?? 60_000);
    this.#retry = mergePolicy(options.retry);
    this.#transactions = new TransactionIDs(options.txnId ?? 0);
    this.#maxResponseSize = options.maxResponseSize ?? MAX_RESPONSE_SIZE;
    const own = this.#fetch === undefined && !namesItself() ? HTTPAPI.defaultUserAgent : undefined;
    const userAgent = options.userAgent ?? own;
    if (userAgent !== undefined) this.#userAgent = checkHeaderValue("user-agent", userAgent);
  }

  /** The homeserver's base URL, without a trailing slash. Assigning checks it. */
  get baseUrl(): string {
    return this.#baseUrl;
  }

  set baseUrl(value: string | URL) {
    this.#baseUrl = parseBaseUrl(value);
  }

  /**
   * The access token; empty for none. With a token source, the token that was sent last. Assigning checks the token and
   * replaces the token source.
   */
  get token(): string {
    return this.#token;
  }

  set token(value: string) {
    this.#token = checkToken(value);
    this.#source = undefined;
  }

  /** The token source; `undefined` if the token is a fixed one. */
  get auth(): TokenSource | undefined {
    return this.#source;
  }

  /** How long one attempt may take where a call does not say otherwise, in milliseconds; `Infinity` for no limit. */
  get deadline(): number {
    return this.#deadline;
  }

  /** How many times a call is tried again where it does not say otherwise; `Infinity` for ever. */
  get retryLimit(): number {
    return this.#retry.limit;
  }

  /** The number inside the last transaction ID. */
  get txnId(): number {
    return this.#transactions.counter;
  }

  set txnId(value: number) {
    this.#transactions.counter = value;
  }

  /**
   * Makes a transaction ID that no other call uses, in this process or another.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#transaction-identifiers
   */
  getTxnId(): string {
    return this.#transactions.next();
  }

  /**
   * Sends a request and resolves with the JSON of its answer.
   *
   * @example Usage
   * ```ts
   * import { HTTPAPI, path } from "@mtx/client/http";
   * import { assertEquals } from "@std/assert";
   *
   * const api = new HTTPAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
   * const { user_id } = await api.request<{ user_id: string }>("GET", path`/_matrix/client/v3/account/whoami`);
   * assertEquals(user_id, "@alice:example.org");
   * ```
   *
   * @param method The HTTP method.
   * @param path The path, from `/_matrix/` on, made by {@linkcode path}.
   * @param options Query, body, and what every call takes.
   * @returns The parsed JSON, as it stood on the wire.
   * @throws {MatrixRequestError} If the homeserver says no.
   * @throws {MatrixConnectionError} If there is no answer.
   * @throws {MatrixResponseError} If the answer is not JSON.
   * @throws {TypeError} If an argument cannot be sent.
   */
  async request<T = unknown>(method: Method, path: string, options?: APIRequestOptions): Promise<T> {
    const call = this.#call(method, path, given(options));
    return await withRetries(call, (n) => attempt(call, n, readJSON, false)) as T;
  }

  /**
   * Sends a request and resolves with the head of its answer and a stream of its body.
   *
   * @param method The HTTP method.
   * @param path The path, from `/_matrix/` on.
   * @param options Query, body, bounds, and what every call takes. The deadline holds for the head, then for each chunk.
   * @returns Status, headers and body. The body has to be read to its end or cancelled.
   * @throws {MatrixRequestError} If the homeserver says no.
   * @throws {MatrixConnectionError} If there is no answer.
   * @throws {FileTooLargeError} If the server says that the body is larger than `maxSize`.
   * @throws {TypeError} If an argument cannot be sent.
   * @throws {RangeError} If `maxSize` is no number of bytes.
   */
  async stream(method: Method, path: string, options?: StreamOptions): Promise<StreamResponse> {
    const all = given(options);
    checkBounds(all);
    const call = this.#call(method, path, all);
    const read = (response: Response, limit: Deadline) => streamResponse(response, call.label, limit, all);
    return await withRetries(call, (n) => attempt(call, n, read, true));
  }

  /**
   * Uploads bytes and resolves with the JSON of the answer. Every upload carries its Content-Length.
   *
   * @param method The HTTP method.
   * @param path The path, from `/_matrix/` on.
   * @param data The content, or a function that makes it anew for every attempt.
   * @param options Type and size of the content, progress, and what every call takes.
   * @returns The parsed JSON, as it stood on the wire.
   * @throws {MatrixError} As {@linkcode HTTPAPI.prototype.request} does.
   * @throws {RangeError} If a stream gives more or less than its size.
   * @throws {FileTooLargeError} If the content is larger than `maxSize`.
   */
  async upload<T = unknown>(
    method: Method,
    path: string,
    data: UploadData,
    options?: UploadOptions,
  ): Promise<T> {
    const all = given(options);
    const base = this.#call(method, path, all, true);
    const { call, done } = await uploadCall(base, data, all);
    const answer = await withRetries(call, (n) => attempt(call, n, readJSON, false)) as T;
    done();
    return answer;
  }

  /**
   * Uploads bytes with PUT to a URL that the homeserver has named, outside of it perhaps. Nothing of ours goes there but
   * the content, its type and its length: neither token nor headers nor query. Redirects are errors, and what is
   * answered is not looked at.
   *
   * @param url The URL, http or https.
   * @param data The content, or a function that makes it anew for every attempt.
   * @param options Type and size of the content, progress, and of the request options `signal`, `deadline` and `retry`.
   * @throws {MatrixRequestError} If the server says no.
   * @throws {MatrixConnectionError} If there is no answer.
   * @throws {TypeError} If the URL is no http or https URL, or holds a user name or password.
   * @throws {RangeError} If a stream gives more or less than its size.
   * @throws {FileTooLargeError} If the content is larger than `maxSize`.
   */
  async uploadTo(url: string | URL, data: UploadData, options?: UploadOptions): Promise<void> {
    const target = checkUrl(url, "Cannot upload: the URL");
    target.hash = "";
    const { signal, deadline, retry, ...content } = given(options);
    const base = this.#call("PUT", "/", { signal, deadline, retry, authenticated: false }, true);
    const { call, done } = await uploadCall(
      elsewhere(base, target),
      data,
      { signal, ...content },
    );
    await withRetries(call, (n) => attempt(call, n, discard, false));
    done();
  }

  /**
   * Sends a form or JSON with POST to a server that is not the homeserver, such as an OAuth 2.0 token endpoint, and
   * resolves with the JSON of its response. Sends neither the access token nor other headers, and follows no redirect.
   * The form and the response are secret: logs show their size only, and errors keep only the response's error codes
   * and descriptions.
   *
   * @param url The URL: https; http only on this machine, or if the homeserver itself is reached by http.
   * @param options The form or the JSON, and request options.
   * @returns The parsed JSON; `undefined` with `ignoreResponse`.
   * @throws {MatrixRequestError} If the server responds with an error or a redirect.
   * @throws {MatrixConnectionError} If there is no response.
   * @throws {MatrixResponseError} If the response is not JSON.
   * @throws {TypeError} If the URL cannot be used, or the form or JSON cannot be sent.
   */
  async requestTo<T = unknown>(url: string | URL, options: RequestToOptions): Promise<T> {
    const target = checkUrl(url, "Cannot make a request: the URL");
    target.hash = "";
    const { form, json, ignoreResponse, ...rest } = given(options);
    if ((form === undefined) === (json === undefined)) {
      throw new TypeError("Cannot make a request: pass either form or json");
    }
    if (target.protocol === "http:" && !isLoopback(target) && !this.#baseUrl.startsWith("http:")) {
      throw new TypeError("Cannot make a request: the URL must begin with https://");
    }
    const { signal, deadline, retry, repeatable } = rest;
    const common = { signal, deadline, retry, repeatable, sensitive: true, authenticated: false };
    const fields = form === undefined ? [] : formFields(form);
    const base = this.#call("POST", "/", {
      ...common,
      body: form === undefined ? json : new URLSearchParams(fields).toString(),
      headers: form === undefined ? undefined : { "content-type": "application/x-www-form-urlencoded" },
    });
    const secrets = fields.flatMap((
      [, value],
    ) => [value, new URLSearchParams([["", value]]).toString().slice(1)]);
    const call = { ...elsewhere(base, target), secrets, redacted: true };
    const read = ignoreResponse ? discard : readJSON;
    return await withRetries(call, (n) => attempt(call, n, read, false)) as T;
  }

  /**
   * Splits a content URI.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#matrix-content-mxc-uris
   * @param mxcUri The URI, `mxc://{server name}/{media ID}`.
   * @returns The server name and the media ID.
   * @throws {SyntaxError} If it is no content URI.
   */
  static parseMxcUri(mxcUri: string): [serverName: string, mediaId: string] {
    return parseMxcUri(mxcUri);
  }

  /**
   * Makes the URL under which the homeserver serves content. It carries no token.
   *
   * @param mxcUri The content's URI.
   * @param options Which picture of it, under which path.
   * @returns The URL.
   * @throws {SyntaxError} If it is no content URI.
   */
  getDownloadUrl(mxcUri: string, options?: DownloadUrlOptions): URL {
    return new URL(this.#baseUrl + downloadPath(mxcUri, options));
  }

  /** Puts a call together; whatever is wrong with it throws here, before anything is sent. */
  #call(method: Method, path: string, options: APIRequestOptions, upload = false): Call {
    const { body } = options;
    const signal = checkSignal(options.signal);
    const route = checkPath(path);
    if (!METHODS.includes(method)) {
      throw new TypeError("Cannot make a request: the method must be GET, POST, PUT, DELETE or PATCH");
    }
    const known = options.authenticated ?? true;
    const headers = buildHeaders(options.headers, this.#userAgent);
    const repeatable = method === "GET" || method === "PUT" || method === "DELETE" ||
      options.repeatable === true;
    const json = upload ? undefined : jsonBody(method, body, headers["content-type"], !repeatable);
    if (json?.contentType !== undefined) headers["content-type"] ??= json.contentType;
    const id = ++this.#calls;
    const { log, hooks } = this;
    const source = this.#source;
    const token = this.#token;
    const baseUrl = this.#baseUrl;
    return {
      id,
      method,
      path: route,
      label: `Cannot ${method} ${route}`,
      url: this.#baseUrl + route + this.#query(options, known),
      headers,
      fetch: this.#fetch ?? globalThis.fetch,
      deadline: checkDeadline(options.deadline ?? this.#deadline) + (options.serverTimeout ?? 0),
      policy: mergePolicy(options.retry, this.#retry),
      signal,
      repeatable,
      replayable: always,
      onRetry: hooks?.onRetry === undefined
        ? undefined
        : (attempt, wait, error) =>
          callHook(log, hooks.onRetry?.bind(hooks), { call: id, method, path: route, attempt, wait, error }),
      // A token that was set together with another base URL must not reach the homeserver of this call.
      token: known ? () => this.#baseUrl === baseUrl ? this.#currentToken() : token : undefined,
      recovery: source === undefined && this.#onRefusal === undefined ? undefined : new Recovery(
        source && ((token, error) => source.refused(token, error, this)),
        this.#onRefusal,
      ),
      secrets: [],
      redacted: false,
      log,
      hooks,
      text: json?.text ?? "",
      logged: log === silentLog ? "" : loggedBody(body, json?.text, options.sensitive),
      maxSize: this.#maxResponseSize,
      body: json ?? NO_BODY,
    };
  }

  /** Returns the access token of an attempt. Asynchronous only if the source is. */
  #currentToken(): string | Promise<string> {
    const source = this.#source;
    if (source === undefined) return this.#token;
    const keep = (token: string) => {
      const checked = checkToken(token);
      // A token that was assigned in the meantime has replaced the source.
      return this.#source === source ? this.#token = checked : this.#token;
    };
    const token = source.token(this);
    return typeof token === "string" ? keep(token) : Promise.resolve(token).then(keep);
  }

  #query(options: APIRequestOptions, known: boolean): string {
    const { asUserId } = this;
    const asDeviceId = options.asDevice ?? true ? this.asDeviceId : undefined;
    if (!known || (!asUserId && !asDeviceId)) return callQuery(options);
    const own: Record<string, string> = {};
    if (asUserId) own.user_id = asUserId;
    if (asDeviceId) own["org.matrix.msc3202.device_id"] = own.device_id = asDeviceId;
    return callQuery(options, own);
  }
}

const always = () => true;
const NO_BODY = { data: undefined };

/** Returns a call that goes to another server. It carries nothing of ours but its content. */
function elsewhere(base: Call, target: URL): Call {
  const path = target.origin + target.pathname;
  const type = base.headers["content-type"];
  const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
  const label = `Cannot ${base.method} ${path}`;
  return { ...base, path, label, url: target.href, headers, token: undefined, recovery: undefined };
}

function formFields(form: Readonly<Record<string, string | undefined>>): [string, string][] {
  const fields: [string, string][] = [];
  for (const [name, value] of Object.entries(form)) {
    if (value === undefined || value === null) continue;
    if (typeof value !== "string") {
      throw new TypeError(`Cannot make a request: form field "${name}" must be a string`);
    }
    fields.push([name, value]);
  }
  return fields;
}

function isLoopback({ hostname }: URL): boolean {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}

function checkSource(source: TokenSource | undefined, token: string): TokenSource | undefined {
  if (source === undefined || source === null) return undefined;
  if (token !== "") throw new TypeError("Cannot use the options: pass either token or auth");
  if (typeof source.token === "function" && typeof source.refused === "function") return source;
  throw new TypeError("Cannot use the token source: it must have the methods token() and refused()");
}

function parseBaseUrl(value: string | URL): string {
  const url = checkUrl(value, "Cannot use the base URL: it");
  return url.origin + url.pathname.replace(/\/+$/, "");
}

function checkUrl(value: string | URL, it: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`${it} must begin with https:// or http://`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError(`${it} must not hold a user name or password`);
  }
  return url;
}
