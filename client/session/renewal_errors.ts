import {
  MatrixError,
  MatrixInvalidToken,
  MatrixOAuthError,
  MatrixRequestError,
  MatrixUnknownRequestError,
} from "../../http/errors/base.ts";
import { MForbidden, MUnknownToken, MUserDeactivated } from "../../http/errors/codes.ts";

/** OAuth errors that end a session. */
const FINAL: readonly string[] = ["invalid_grant", "invalid_client", "unauthorized_client"];

/** Statuses of 4xx responses that may pass: time ran out, too early, too many requests. */
const PASSING: readonly number[] = [408, 425, 429];

/** Errors of renewals that have left the session as it is. */
const failures = new WeakSet<object>();

/**
 * Marks an error as one of a renewal that did not change the session. Any call that needs a token rejects with it.
 *
 * @param error The error.
 */
export function markRenewalFailure(error: unknown): void {
  // These say that the session in the store, or an argument, is invalid. That does not pass.
  const isWrong = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
  if (typeof error === "object" && error !== null && !isWrong) failures.add(error);
}

/**
 * Returns whether an error comes from a renewal that did not change the session. A 4xx response of an authorization
 * server then does not mean that the homeserver has refused the request.
 *
 * @param error The error.
 */
export function isRenewalFailure(error: unknown): boolean {
  return typeof error === "object" && error !== null && failures.has(error);
}

/**
 * Returns whether the error of a renewal ends the session. Only the authorization server, or the homeserver for the
 * legacy login, does so in its own words. A status alone may come from a proxy.
 *
 * @param error The error.
 * @param oauth Whether the session was signed in with OAuth 2.0.
 */
export function endsSession(error: unknown, oauth: boolean): boolean {
  if (!oauth) {
    return (error instanceof MUnknownToken && error.status === 401) ||
      (error instanceof MForbidden && error.status === 403);
  }
  return error instanceof MatrixOAuthError && [400, 401].includes(error.status) &&
    FINAL.includes(error.error);
}

/**
 * Returns whether the error of a renewal may pass by itself. Other errors are shown to the operator.
 *
 * @param error The error.
 * @param oauth Whether the session was signed in with OAuth 2.0.
 */
export function isPassing(error: unknown, oauth: boolean): boolean {
  if (!(error instanceof MatrixRequestError)) return error instanceof MatrixError;
  const { status, body } = error;
  if (status < 400 || status >= 500 || PASSING.includes(status) || body === undefined) return true;
  return oauth && error instanceof MUnknownToken;
}

/**
 * Returns the error to throw for a renewal that did not end the session. A proxy's `M_UNKNOWN_TOKEN` says nothing about
 * the session, but as an {@linkcode MUnknownToken} it would end a sync.
 *
 * @param error The error.
 * @returns A copy without the error code if that would end a sync, else the same error.
 */
export function withoutFinalCode(error: unknown): unknown {
  if (!(error instanceof MatrixInvalidToken || error instanceof MUserDeactivated)) return error;
  const { message, status, body, retryAfter, method, path } = error;
  const text = JSON.stringify(body);
  return new MatrixUnknownRequestError(message, { status, text, retryAfter, method, path });
}
