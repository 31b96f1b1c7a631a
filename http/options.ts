import type { RetryPolicy } from "./retry.ts";

/** An HTTP method that the client-server API uses. */
export type Method = "GET" | "POST" | "PUT" | "DELETE" | "PATCH";

/** A value of a query parameter; `null` and `undefined` are left out, an array repeats the key. */
export type QueryValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly (string | number | boolean)[];

/** Query parameters: a plain object, or `URLSearchParams` for keys in a certain order. */
export type Query = Readonly<Record<string, QueryValue>> | URLSearchParams;

/** Request headers: a plain object, a `Headers` object or pairs. */
export type HeadersLike = Readonly<Record<string, string>> | Iterable<readonly [string, string]>;

/** What does the request in place of the global `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Options that every call takes. */
export interface RequestOptions {
  /** Ends the call: attempts, waits and reading. The call rejects with the signal's own reason. */
  signal?: AbortSignal | undefined;
  /**
   * How long one attempt may take, in milliseconds: to the end of a JSON answer; of a stream, to its head and then to
   * each next chunk; of an upload, from each piece that is sent to the next. `Infinity` means no limit.
   *
   * @default {60000}
   */
  deadline?: number | undefined;
  /** What to try again, and how often. Merged over the client's own policy. */
  retry?: RetryPolicy | undefined;
  /** Further request headers. The `Authorization` header is replaced while a token is set. */
  headers?: HeadersLike | undefined;
  /** Further query parameters. Parameters of the endpoint itself win over them. */
  query?: Query | undefined;
  /** When an event is said to have been sent (milliseconds since the epoch, or a date). For application services. */
  timestamp?: number | Date | undefined;
}

/** Options of {@linkcode HTTPAPI.prototype.request} and {@linkcode HTTPAPI.prototype.stream}. */
export interface APIRequestOptions extends RequestOptions {
  /** The endpoint's own query parameters. */
  params?: Query | undefined;
  /**
   * The body: a JSON value, or a string or bytes that are sent as they are. GET sends none; other methods send `{}`
   * where it is missing or empty.
   */
  body?: unknown;
  /** Whether a POST is safe to repeat after a lost connection or a gateway fault. GET, PUT and DELETE always are. */
  repeatable?: boolean | undefined;
  /** Whether the body carries secrets, so that a log gets its size only. Found out from well-known keys by default. */
  sensitive?: boolean | undefined;
  /** Milliseconds that the server was asked to take, on top of `deadline`. */
  serverTimeout?: number | undefined;
  /**
   * Whether to say who is asking: with the access token and, for application services, the user to act as.
   *
   * @default {true}
   */
  authenticated?: boolean | undefined;
  /**
   * Whether to name the device to act as (`asDeviceId`). The ping of an application service must not name one.
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
  /** Whether to ignore the response's body, which need not be JSON then. */
  ignoreResponse?: boolean | undefined;
}
