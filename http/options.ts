import type { RetryPolicy } from "./retry.ts";

/** An HTTP method of the client-server API. */
export type Method = "GET" | "POST" | "PUT" | "DELETE" | "PATCH";

/** A value of a query parameter. `null` and `undefined` are omitted, an array repeats the key. */
export type QueryValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly (string | number | boolean)[];

/** Query parameters: a plain object, or `URLSearchParams` to determine the order of keys. */
export type Query = Readonly<Record<string, QueryValue>> | URLSearchParams;

/** Request headers: a plain object, a `Headers` object or pairs. */
export type HeadersLike = Readonly<Record<string, string>> | Iterable<readonly [string, string]>;

/** Sends a request, as the global `fetch` does. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Options of every call. */
export interface RequestOptions {
  /** Aborts the call: its attempts, waits and reading. The call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /**
   * The time limit of one attempt, in milliseconds: until the end of a JSON response; of a stream, until its head and
   * then until each next chunk; of an upload, from each chunk that is sent to the next. `Infinity` for none.
   *
   * @default {60000}
   */
  deadline?: number | undefined;
  /** Determines which errors are retried, and how often. Merged over the client's own policy. */
  retry?: RetryPolicy | undefined;
  /** Further request headers. `Authorization` is replaced if there is an access token. */
  headers?: HeadersLike | undefined;
  /** Further query parameters. Those of the endpoint take precedence. */
  query?: Query | undefined;
  /** The time to record as an event's (milliseconds since the epoch, or a date). For application services. */
  timestamp?: number | Date | undefined;
}

/** Options of {@linkcode HTTPAPI.prototype.request} and {@linkcode HTTPAPI.prototype.stream}. */
export interface APIRequestOptions extends RequestOptions {
  /** The endpoint's own query parameters. */
  params?: Query | undefined;
  /**
   * The body: a JSON value, or a string or bytes that are sent unchanged. A GET has none. Other methods send `{}` if it is
   * missing or empty.
   */
  body?: unknown;
  /**
   * Whether a POST is safe to repeat after a lost connection or a gateway error. GET, PUT and DELETE always are.
   *
   * @default {false}
   */
  repeatable?: boolean | undefined;
  /**
   * Whether the body contains secrets, so that the log shows its size only. By default decided by well-known keys. With
   * `"values"` errors do not repeat any of its longer strings either.
   */
  sensitive?: boolean | "values" | undefined;
  /** Milliseconds that the server was asked to wait, in addition to `deadline`. */
  serverTimeout?: number | undefined;
  /**
   * Whether to send the access token and, for application services, the user to act as.
   *
   * @default {true}
   */
  authenticated?: boolean | undefined;
  /**
   * Whether to send the device to act as (`asDeviceId`). The ping of an application service must not name one.
   *
   * @default {true}
   */
  asDevice?: boolean | undefined;
}

/** Options of {@linkcode HTTPAPI.prototype.requestTo}: either `form` or `json`. */
export interface RequestToOptions
  extends Pick<APIRequestOptions, "signal" | "deadline" | "retry" | "repeatable"> {
  /** Fields to send as `application/x-www-form-urlencoded`. Omits those that are `undefined`. */
  form?: Readonly<Record<string, string | undefined>> | undefined;
  /** The value to send as JSON. */
  json?: unknown;
  /** Whether to ignore the response's body, which then need not be JSON. */
  ignoreResponse?: boolean | undefined;
}
