/**
 * From an error code to its class.
 *
 * @module
 */

import {
  type MatrixRequestError,
  MatrixUIARequired,
  MatrixUnknownRequestError,
  readErrcode,
  type RequestErrorInit,
  withoutQuery,
} from "./base.ts";
import { isJsonObject, stringField } from "../json_object.ts";
import {
  MAppserviceLoginUnsupported,
  MBadAlias,
  MBadStatus,
  MCannotLeaveServerNoticeRoom,
  MCannotOverwriteMedia,
  MConnectionFailed,
  MConnectionTimeout,
  MDuplicateAnnotation,
  MInvalidSignature,
  MInviteBlocked,
  MKeyTooLarge,
  MNotYetUploaded,
  MProfileTooLarge,
  MResourceLimitExceeded,
  MServerNotTrusted,
  MThreepidAuthFailed,
  MThreepidDenied,
  MThreepidInUse,
  MThreepidMediumNotSupported,
  MThreepidNotFound,
  MUnknownDevice,
  MURLNotSet,
  MUserLimitExceeded,
  MUserLocked,
  MUserSuspended,
  MWeakPassword,
  MWrongRoomKeysVersion,
} from "./further_errors.ts";
import {
  MAlreadyJoined,
  MBadJSON,
  MBadState,
  MCaptchaInvalid,
  MCaptchaNeeded,
  MExclusive,
  MForbidden,
  MGuestAccessForbidden,
  MIncompatibleRoomVersion,
  MInsufficientPower,
  MInvalidParam,
  MInvalidRoomState,
  MInvalidUsername,
  MLimitExceeded,
  MMissingParam,
  MMissingToken,
  MNotFound,
  MNotJoined,
  MNotJSON,
  MRoomInUse,
  MTooLarge,
  MUnauthorized,
  MUnknown,
  MUnknownEndpoint,
  MUnknownToken,
  MUnrecognized,
  MUnsupportedRoomVersion,
  MUserDeactivated,
  MUserInUse,
} from "./standard_errors.ts";

export * from "./further_errors.ts";
export * from "./standard_errors.ts";

/** Where servers put the codes of MSC3848 beside an `errcode` that older clients know. */
const UNSTABLE_FIELD = "org.matrix.msc3848.unstable.errcode";

/** A class of errors that can stand for an error code. */
export interface RequestErrorClass {
  /** The error code that the class stands for. */
  readonly errcode: string | undefined;
  /** Makes an error. */
  new (message: string, init: RequestErrorInit): MatrixRequestError;
}

/** Made on first use: importing this file does nothing. */
let tables: { stable: Map<string, RequestErrorClass>; unstable: Map<string, RequestErrorClass> } | undefined;

function getTables(): NonNullable<typeof tables> {
  if (tables) return tables;
  const classes: {
    new (message: string, init: RequestErrorInit): MatrixRequestError;
    readonly errcode: string;
  }[] = [
    MForbidden,
    MAlreadyJoined,
    MNotJoined,
    MInsufficientPower,
    MUserDeactivated,
    MUnknownToken,
    MMissingToken,
    MBadJSON,
    MNotJSON,
    MMissingParam,
    MInvalidParam,
    MTooLarge,
    MNotFound,
    MLimitExceeded,
    MUnknown,
    MUnrecognized,
    MUnknownEndpoint,
    MUnauthorized,
    MUserInUse,
    MInvalidUsername,
    MRoomInUse,
    MInvalidRoomState,
    MUnsupportedRoomVersion,
    MIncompatibleRoomVersion,
    MBadState,
    MGuestAccessForbidden,
    MCaptchaNeeded,
    MCaptchaInvalid,
    MExclusive,
    MResourceLimitExceeded,
    MUserLimitExceeded,
    MUserLocked,
    MUserSuspended,
    MUnknownDevice,
    MAppserviceLoginUnsupported,
    MWeakPassword,
    MServerNotTrusted,
    MThreepidAuthFailed,
    MThreepidDenied,
    MThreepidInUse,
    MThreepidNotFound,
    MThreepidMediumNotSupported,
    MCannotLeaveServerNoticeRoom,
    MBadAlias,
    MDuplicateAnnotation,
    MInviteBlocked,
    MNotYetUploaded,
    MCannotOverwriteMedia,
    MProfileTooLarge,
    MKeyTooLarge,
    MInvalidSignature,
    MWrongRoomKeysVersion,
    MConnectionFailed,
    MConnectionTimeout,
    MBadStatus,
    MURLNotSet,
  ];
  return tables = {
    stable: new Map(classes.map((type) => [type.errcode, type])),
    unstable: new Map([MAlreadyJoined, MNotJoined, MInsufficientPower].map((type) => [
      type.errcode.replace("M_", "ORG.MATRIX.MSC3848."),
      type,
    ])),
  };
}

/**
 * Gives an error code a class, or another class than it has. Answers with the code are thrown as that class from then on,
 * by all clients of the program.
 *
 * @example An error code of one's own server
 * ```ts
 * import { makeRequestError, MatrixStandardRequestError, registerErrorCode } from "@mtx/client/http";
 * import { assert, assertEquals } from "@std/assert";
 *
 * class QuotaError extends MatrixStandardRequestError {
 *   static override readonly errcode: string = "COM.EXAMPLE_QUOTA";
 * }
 * registerErrorCode("COM.EXAMPLE_QUOTA", QuotaError);
 *
 * const body = { errcode: "COM.EXAMPLE_QUOTA", error: "No room left" };
 * const error = makeRequestError({ status: 403, body, method: "POST", path: "/_matrix/client/v3/createRoom" });
 *
 * assert(error instanceof QuotaError);
 * assertEquals(
 *   error.message,
 *   "Cannot POST /_matrix/client/v3/createRoom: COM.EXAMPLE_QUOTA 403: No room left",
 * );
 * ```
 *
 * @param code The error code.
 * @param type The class, which should have the code as its static `errcode`.
 * @param unstableCode The code that servers send as `org.matrix.msc3848.unstable.errcode` for the same.
 * @throws {TypeError} If the code is no string, or empty.
 */
export function registerErrorCode(code: string, type: RequestErrorClass, unstableCode?: string): void {
  if (typeof code !== "string" || !code) {
    throw new TypeError("Cannot register error code: not a non-empty string");
  }
  const { stable, unstable } = getTables();
  stable.set(code, type);
  if (unstableCode) unstable.set(unstableCode, type);
}

/**
 * Makes the error for an answer that is a refusal. 401 with `flows` is {@linkcode MatrixUIARequired}, whatever its error
 * code; otherwise the error code decides about the class, never the status.
 *
 * @example
 * ```ts
 * import { makeRequestError, MForbidden } from "@mtx/client/http";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const body = { errcode: "M_FORBIDDEN", error: "You are banned" };
 * const error = makeRequestError({ status: 403, body, method: "POST", path: "/_matrix/client/v3/join/!a%3Ab" });
 *
 * assert(error instanceof MForbidden);
 * assertEquals(error.message, "Cannot POST /_matrix/client/v3/join/!a%3Ab: M_FORBIDDEN 403: You are banned");
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#standard-error-response
 * @param init What is known of the request and its answer.
 * @returns The error, for the caller to throw.
 */
export function makeRequestError(init: RequestErrorInit): MatrixRequestError {
  const type = selectClass(init);
  const error = stringField(init.body, "error");
  const code = type.errcode ?? readErrcode(init);
  return new type(
    [
      init.method && init.path && `Cannot ${init.method} ${withoutQuery(init.path)}`,
      [code && line(code, 100), init.status].filter(Boolean).join(" "),
      error ? line(error, 500) : line(init.text ?? "", 200),
    ].filter(Boolean).join(": "),
    init,
  );
}

function selectClass(init: RequestErrorInit): RequestErrorClass {
  const { body, status } = init;
  if (status === 401 && isJsonObject(body) && Array.isArray(body.flows)) return MatrixUIARequired;
  const { stable, unstable } = getTables();
  return unstable.get(stringField(body, UNSTABLE_FIELD) ?? "") ?? stable.get(readErrcode(init) ?? "") ??
    MatrixUnknownRequestError;
}

/** The beginning of a text of foreign origin, as one line that cannot pass for something else in a log. */
function line(text: string, length: number): string {
  return text.slice(0, length).replace(/[\p{Cc}\p{Cs}\p{Z}\p{Bidi_C}]+/gu, " ").trim();
}
