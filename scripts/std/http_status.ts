// deno-lint-ignore-file no-explicit-any no-import-prefix
/** `@std/http/status` for machines that reach npm but not JSR. */
import * as std from "npm:deno-std@1.4.0/http/status.js";

const untyped: any = std;

/** Codes that the project names; the numbers are those of RFC 9110. */
interface Codes {
  readonly Continue: 100;
  readonly SwitchingProtocols: 101;
  readonly OK: 200;
  readonly Created: 201;
  readonly Accepted: 202;
  readonly NoContent: 204;
  readonly PartialContent: 206;
  readonly MultipleChoices: 300;
  readonly MovedPermanently: 301;
  readonly Found: 302;
  readonly SeeOther: 303;
  readonly NotModified: 304;
  readonly TemporaryRedirect: 307;
  readonly PermanentRedirect: 308;
  readonly BadRequest: 400;
  readonly Unauthorized: 401;
  readonly Forbidden: 403;
  readonly NotFound: 404;
  readonly MethodNotAllowed: 405;
  readonly RequestTimeout: 408;
  readonly Conflict: 409;
  readonly Gone: 410;
  readonly LengthRequired: 411;
  readonly ContentTooLarge: 413;
  readonly UnsupportedMediaType: 415;
  readonly TooManyRequests: 429;
  readonly InternalServerError: 500;
  readonly NotImplemented: 501;
  readonly BadGateway: 502;
  readonly ServiceUnavailable: 503;
  readonly GatewayTimeout: 504;
}

type Class<First extends string> = Extract<`${Codes[keyof Codes]}`, `${First}${string}`> extends
  `${infer Code extends number}` ? Code : never;

/** A status code. */
export type StatusCode = Codes[keyof Codes];
/** 1xx. */
export type InformationalStatus = Class<"1">;
/** 2xx. */
export type SuccessfulStatus = Class<"2">;
/** 3xx. */
export type RedirectStatus = Class<"3">;
/** 4xx. */
export type ClientErrorStatus = Class<"4">;
/** 5xx. */
export type ServerErrorStatus = Class<"5">;
/** 4xx and 5xx. */
export type ErrorStatus = ClientErrorStatus | ServerErrorStatus;
/** The words that go with a code. */
export type StatusText = string;

type Test<T extends number> = (status: number) => status is T;

export const STATUS_CODE: Codes = untyped.STATUS_CODE;
export const STATUS_TEXT: { readonly [K in StatusCode]: StatusText } = untyped.STATUS_TEXT;
export const isStatus: Test<StatusCode> = untyped.isStatus;
export const isInformationalStatus: Test<InformationalStatus> = untyped.isInformationalStatus;
export const isSuccessfulStatus: Test<SuccessfulStatus> = untyped.isSuccessfulStatus;
export const isRedirectStatus: Test<RedirectStatus> = untyped.isRedirectStatus;
export const isClientErrorStatus: Test<ClientErrorStatus> = untyped.isClientErrorStatus;
export const isServerErrorStatus: Test<ServerErrorStatus> = untyped.isServerErrorStatus;
export const isErrorStatus: Test<ErrorStatus> = untyped.isErrorStatus;
