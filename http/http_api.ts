import { attempt, type Call, type OnRefusal, type Reader, Recovery, type TokenSource } from "./attempt.ts";
import {
  type Deadline,
  type FullRetryPolicy,
  mergePolicy,
  retryAfter,
  type RetryPolicy,
  withRetries,
} from "./retry.ts";
import {
  checkBounds,
  type DownloadResponse,
  downloadResponse,
  type StreamOptions,
  type StreamResponse,
  streamResponse,
} from "./download.ts";
import {
  buildHeaders,
  callQuery,
  checkHeaderValue,
  checkPath,
  checkToken,
  DEFAULT_USER_AGENT,
  downloadPath,
  type DownloadUrlOptions,
  isBrowser,
  requestBody,
} from "./request.ts";
import { callHook, type HTTPHooks, type Log, loggedBody, longStrings, silentLog } from "./observe.ts";
import type { APIRequestOptions, Fetch, Method, RequestToOptions } from "./options.ts";
import { discard, readJson } from "./response.ts";
import { type UploadBodyOptions, uploadCall, type UploadData } from "./upload.ts";
import { checkDeadline, checkSignal, checkUrl, given, kindOf } from "./validate.ts";
import { parseMxcUri } from "../types/identifiers.ts";

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
   * it resolves with `true` the same request is sent again, independently of the retry policy. If it rejects, so does the call.
   * Not called if the body cannot be sent again, nor for requests to other servers or without authentication, such as the
   * renewal of a token.
   */
  onRefusal?: OnRefusal | undefined;
  /** Custom `fetch` implementation. Deadlines and cancellation work even if it ignores `init.signal`. */
  fetch?: Fetch | undefined;
  /** Determines which errors are retried, and how often. */
  retry?: RetryPolicy | undefined;
  /**
   * The time limit of one attempt, in milliseconds. `Infinity` for none.
   *
   * @default {60000}
   */
  deadline?: number | undefined;
  /** The log, such as `console`. Silent by default. */
  log?: Log | undefined;
  /** Functions that are called for each attempt, for metrics and traces. */
  hooks?: HTTPHooks | undefined;
  /** The user to act as, with the token of an application service. */
  asUserId?: string | undefined;
  /** The device to act as, with the token of an application service. */
  asDeviceId?: string | undefined;
  /**
   * The User-Agent header. By default {@linkcode HTTPAPI.defaultUserAgent}; none in browsers and with a custom `fetch`.
   */
  userAgent?: string | undefined;
  /**
   * The number from which transaction IDs are counted.
   *
   * @default {0}
   */
  txnId?: number | undefined;
  /**
   * The largest JSON response that is read, in bytes, after decompression.
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

/**
 * The transport. Builds requests, sends them with `fetch`, retries them and turns every failure into a
 * {@linkcode MatrixError}.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#api-standards
 */
export class HTTPAPI {
  /** The default User-Agent header. */
  static readonly defaultUserAgent: string = DEFAULT_USER_AGENT;

  /** The log. */
  log: Log;
  /** Functions that are called for each attempt. */
  hooks: HTTPHooks | undefined;
  /** The user to act as, with the token of an application service. */
  asUserId: string | undefined;
  /** The device to act as, with the token of an application service. */
  asDeviceId: string | undefined;

  readonly #fetch: Fetch | undefined;
  readonly #onRefusal: OnRefusal | undefined;
  readonly #userAgent: string | undefined;
  readonly #maxResponseSize: number | undefined;
  #baseUrl = "";
  #token = "";
  #source: TokenSource | undefined;
  #deadline: number;
  #retry: FullRetryPolicy;
  #calls = 0;
  #txnId: number;
  #txnPrefix: string | undefined;

  /**
   * Creates a transport.
   *
   * @param options The homeserver's base URL, and further options.
   * @throws {TypeError} If the base URL is not http or https, the token cannot be sent in a header, or both `token` and
   * `auth` are passed.
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
    this.#txnId = options.txnId ?? 0;
    this.#maxResponseSize = options.maxResponseSize ?? undefined;
    const own = this.#fetch === undefined && !isBrowser() ? HTTPAPI.defaultUserAgent : undefined;
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

  /** The default time limit of one attempt, in milliseconds; `Infinity` for none. */
  get deadline(): number {
    return this.#deadline;
  }

  /** The default number of retries of a call; `Infinity` for no limit. */
  get retryLimit(): number {
    return this.#retry.limit;
  }

  /** The number in the last transaction ID. Assigning also changes the rest of the IDs, so that none is used again. */
  get txnId(): number {
    return this.#txnId;
  }

  set txnId(value: number) {
    this.#txnId = value;
    this.#txnPrefix = undefined;
  }

  /**
   * Returns a transaction ID that no other call uses, in this process or another.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#transaction-identifiers
   */
  getTxnId(): string {
    // Made on first use: Workers provide no random values while a module is loaded.
    this.#txnPrefix ??= `mtx_${Date.now()}_${crypto.getRandomValues(new Uint32Array(3)).join("")}_`;
    return this.#txnPrefix + ++this.#txnId;
  }

  /**
   * Sends a request and resolves with the JSON of its response.
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
   * @param path The path, from `/_matrix/` on, made with {@linkcode path}.
   * @param options Query, body and request options.
   * @returns The parsed JSON, unchanged from the server.
   * @throws {MatrixRequestError} If the homeserver returns an error response.
   * @throws {MatrixConnectionError} If there is no response.
   * @throws {MatrixResponseError} If the response is not JSON.
   * @throws {TypeError} If an argument cannot be sent.
   */
  async request<T = unknown>(method: Method, path: string, options?: APIRequestOptions): Promise<T> {
    const call = this.#call(method, path, given(options));
    try {
      return await attempt(call, 1, readJson, false) as T;
    } catch (error) {
      return await retryAfter(call, (n) => attempt(call, n, readJson, false), error) as T;
    }
  }

  /**
   * Sends a request and resolves with the head of its response and a stream of its body.
   *
   * @param method The HTTP method.
   * @param path The path, from `/_matrix/` on.
   * @param options Query, body, limits and request options. The deadline applies to the head, then to each chunk.
   * @returns Status, headers and body. Read the body to its end or cancel it.
   * @throws {MatrixRequestError} If the homeserver returns an error response.
   * @throws {MatrixConnectionError} If there is no response.
   * @throws {FileTooLargeError} If the server announces a body larger than `maxSize`.
   * @throws {TypeError} If an argument cannot be sent.
   * @throws {RangeError} If `maxSize` is not a number of bytes.
   */
  async stream(method: Method, path: string, options?: StreamOptions): Promise<StreamResponse> {
    const all = given(options);
    checkBounds(all);
    const call = this.#call(method, path, all);
    const read = (response: Response, limit: Deadline) => streamResponse(response, call.label, limit, all);
    return await withRetries(call, (n) => attempt(call, n, read, true));
  }

  /**
   * Downloads content into memory. It is not requested again if the connection is lost after the head of the response.
   *
   * @param method The HTTP method.
   * @param path The path, from `/_matrix/` on.
   * @param options Query, body, limits and request options. The deadline applies to the head, then to each chunk.
   * @returns Status, headers and content.
   * @throws {MatrixRequestError} If the homeserver returns an error response.
   * @throws {MatrixConnectionError} If there is no response, or the connection is lost.
   * @throws {MatrixResponseError} If the size of the content is not that of the Content-Length header.
   * @throws {FileTooLargeError} If the content is larger than `maxSize`.
   * @throws {TypeError} If an argument cannot be sent.
   * @throws {RangeError} If `maxSize` is not a number of bytes.
   */
  async download(method: Method, path: string, options?: StreamOptions): Promise<DownloadResponse> {
    const all = given(options);
    checkBounds(all);
    const call = this.#call(method, path, all);
    const head = (response: Response, limit: Deadline) => Promise.resolve({ response, limit });
    const { response, limit } = await withRetries(call, (n) => attempt(call, n, head, true));
    return await downloadResponse(response, call, limit, all);
  }

  /**
   * Uploads content and resolves with the JSON of the response. Every upload has a Content-Length.
   *
   * @param method The HTTP method.
   * @param path The path, from `/_matrix/` on.
   * @param data The content, or a function that makes it for every attempt.
   * @param options Type and size of the content, progress, and request options.
   * @returns The parsed JSON, unchanged from the server.
   * @throws {MatrixError} See {@linkcode HTTPAPI.prototype.request}.
   * @throws {RangeError} If the content does not have the size that it should have.
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
    const response = await withRetries(call, (n) => attempt(call, n, readJson, false)) as T;
    done();
    return response;
  }

  /**
   * Uploads content with PUT to a URL that the homeserver has provided, often at another origin. Sends only the content,
   * its type and its length: neither the access token nor other headers. Follows no redirect and ignores the response's
   * body.
   *
   * @param url The URL, http or https.
   * @param data The content, or a function that makes it for every attempt.
   * @param options Type and size of the content, progress, and of the request options `signal`, `deadline` and `retry`.
   * @throws {MatrixRequestError} If the server returns an error response or a redirect.
   * @throws {MatrixConnectionError} If there is no response.
   * @throws {TypeError} If the URL is not an http or https URL, or contains a user name or password.
   * @throws {RangeError} If the content does not have the size that it should have.
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
    const read: Reader<unknown> = ignoreResponse ? discard : readJson;
    return await withRetries(call, (n) => attempt(call, n, read, false)) as T;
  }

  /**
   * Splits a content URI.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#matrix-content-mxc-uris
   * @param mxcUri The URI, `mxc://{server name}/{media ID}`.
   * @returns The server name and the media ID.
   * @throws {SyntaxError} If it is not a content URI.
   */
  static parseMxcUri(mxcUri: string): [serverName: string, mediaId: string] {
    return parseMxcUri(mxcUri);
  }

  /**
   * Returns the URL at which the homeserver serves content. It contains no token.
   *
   * @param mxcUri The content's URI.
   * @param options Which rendition of it, and at which path.
   * @returns The URL.
   * @throws {SyntaxError} If it is not a content URI.
   */
  getDownloadUrl(mxcUri: string, options?: DownloadUrlOptions): URL {
    return new URL(this.#baseUrl + downloadPath(mxcUri, options));
  }

  /** Creates a call. Invalid arguments throw here, before anything is sent. */
  #call(method: Method, path: string, options: APIRequestOptions, upload = false): Call {
    const { body } = options;
    const signal = checkSignal(options.signal);
    const route = checkPath(path);
    if (!METHODS.includes(method)) {
      throw new TypeError(
        `Cannot make a request: the method must be GET, POST, PUT, DELETE or PATCH, received ${
          kindOf(method)
        }`,
      );
    }
    const known = options.authenticated ?? true;
    const headers = buildHeaders(options.headers, this.#userAgent);
    const repeatable = method === "GET" || method === "PUT" || method === "DELETE" ||
      options.repeatable === true;
    const json = upload ? undefined : requestBody(method, body, headers["content-type"], !repeatable);
    if (json?.contentType !== undefined) headers["content-type"] ??= json.contentType;
    const id = ++this.#calls;
    const { log, hooks } = this;
    const source = this.#source;
    // A repair during a renewal would wait for the token that is being renewed.
    const onRefusal = known ? this.#onRefusal : undefined;
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
      recovery: source === undefined && onRefusal === undefined ? undefined : new Recovery(
        // A token that was assigned in the meantime has replaced the source.
        source &&
          (async (token, error) => this.#source === source && await source.refused(token, error, this)),
        onRefusal,
      ),
      secrets: options.sensitive === "values" ? longStrings(json?.text ?? "") : [],
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

/** Returns a call to another server, with no headers but the content type. */
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
      throw new TypeError(
        `Cannot make a request: form field "${name}" must be a string, received ${kindOf(value)}`,
      );
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
