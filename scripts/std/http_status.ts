// deno-lint-ignore-file no-explicit-any no-import-prefix
/** `@std/http/status` for machines that reach npm but not JSR. */
import * as std from "npm:deno-std@1.4.0/http/status.js";

const untyped: any = std;

/** Codes that the project names; the numbers are those of RFC 9110. */
interface Codes {
  readonly OK: 200;
  readonly Created: 201;
  readonly Accepted: 202;
  readonly NoContent: 204;
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

/** A status code. */
export type StatusCode = Codes[keyof Codes];
export const STATUS_CODE: Codes = untyped.STATUS_CODE;
export const STATUS_TEXT: { readonly [K in StatusCode]: string } = untyped.STATUS_TEXT;

type Test = (status: number) => boolean;

export const isStatus: Test = untyped.isStatus;
export const isInformationalStatus: Test = untyped.isInformationalStatus;
export const isSuccessfulStatus: Test = untyped.isSuccessfulStatus;
export const isRedirectStatus: Test = untyped.isRedirectStatus;
export const isClientErrorStatus: Test = untyped.isClientErrorStatus;
export const isServerErrorStatus: Test = untyped.isServerErrorStatus;
export const isErrorStatus: Test = untyped.isErrorStatus;
