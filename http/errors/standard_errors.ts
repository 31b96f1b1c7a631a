import {
  MatrixBadContent,
  MatrixBadRequest,
  MatrixInvalidToken,
  MatrixStandardRequestError,
} from "./base.ts";
import { stringField } from "../json_object.ts";

/**
 * Access is forbidden: no permission for this, or a failed login.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MForbidden extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_FORBIDDEN";
}

/**
 * The user is in the room already.
 *
 * @see https://github.com/matrix-org/matrix-spec-proposals/pull/3848
 */
export class MAlreadyJoined extends MForbidden {
  /** The error code of this class. */
  static override readonly errcode: string = "M_ALREADY_JOINED";
}

/**
 * The user is not in the room.
 *
 * @see https://github.com/matrix-org/matrix-spec-proposals/pull/3848
 */
export class MNotJoined extends MForbidden {
  /** The error code of this class. */
  static override readonly errcode: string = "M_NOT_JOINED";
}

/**
 * The user's power level is too low.
 *
 * @see https://github.com/matrix-org/matrix-spec-proposals/pull/3848
 */
export class MInsufficientPower extends MForbidden {
  /** The error code of this class. */
  static override readonly errcode: string = "M_INSUFFICIENT_POWER";
}

/**
 * The user's account has been deactivated.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MUserDeactivated extends MForbidden {
  /** The error code of this class. */
  static override readonly errcode: string = "M_USER_DEACTIVATED";
}

/**
 * The homeserver does not know the access or refresh token.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#soft-logout
 */
export class MUnknownToken extends MatrixInvalidToken {
  /** The error code of this class. */
  static override readonly errcode: string = "M_UNKNOWN_TOKEN";

  /** Whether the device and its keys are kept: signing in again, or refreshing the token, is enough. */
  get softLogout(): boolean {
    return this.body?.soft_logout === true;
  }
}

/**
 * The request came without an access token.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MMissingToken extends MatrixInvalidToken {
  /** The error code of this class. */
  static override readonly errcode: string = "M_MISSING_TOKEN";
}

/**
 * The body was JSON, but not as it should be: keys missing or values invalid.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MBadJSON extends MatrixBadContent {
  /** The error code of this class. */
  static override readonly errcode: string = "M_BAD_JSON";
}

/**
 * The body was not JSON.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MNotJSON extends MatrixBadContent {
  /** The error code of this class. */
  static override readonly errcode: string = "M_NOT_JSON";
}

/**
 * A parameter that is required was missing.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MMissingParam extends MatrixBadRequest {
  /** The error code of this class. */
  static override readonly errcode: string = "M_MISSING_PARAM";
}

/**
 * A parameter had a wrong value.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MInvalidParam extends MatrixBadRequest {
  /** The error code of this class. */
  static override readonly errcode: string = "M_INVALID_PARAM";
}

/**
 * The request, or the file asked for, was too large.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MTooLarge extends MatrixBadRequest {
  /** The error code of this class. */
  static override readonly errcode: string = "M_TOO_LARGE";
}

/**
 * There is no such thing.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MNotFound extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_NOT_FOUND";
}

/**
 * Too many requests in too short a time: `retryAfter` says how long to wait.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#rate-limiting
 */
export class MLimitExceeded extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_LIMIT_EXCEEDED";
}

/**
 * Something went wrong that has no better error code.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MUnknown extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_UNKNOWN";
}

/**
 * The homeserver does not know the endpoint, or not this method of it.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MUnrecognized extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_UNRECOGNIZED";
}

/**
 * The homeserver does not know the endpoint. Not in the specification, which has `M_UNRECOGNIZED`.
 */
export class MUnknownEndpoint extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_UNKNOWN_ENDPOINT";
}

/**
 * The request was not properly authorized: usually a failed login.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MUnauthorized extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_UNAUTHORIZED";
}

/**
 * The user ID is taken.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MUserInUse extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_USER_IN_USE";
}

/**
 * The user ID is not valid.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MInvalidUsername extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_INVALID_USERNAME";
}

/**
 * The room alias is taken.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MRoomInUse extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_ROOM_IN_USE";
}

/**
 * The initial state of a new room is not valid.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MInvalidRoomState extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_INVALID_ROOM_STATE";
}

/**
 * The homeserver does not support the room version that was asked for.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MUnsupportedRoomVersion extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_UNSUPPORTED_ROOM_VERSION";
}

/**
 * The room has a version that the homeserver does not support.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MIncompatibleRoomVersion extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_INCOMPATIBLE_ROOM_VERSION";

  /** The room's version. */
  get roomVersion(): string | undefined {
    return stringField(this.body, "room_version");
  }
}

/**
 * The state does not allow the change, for example unbanning a user who is not banned.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MBadState extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_BAD_STATE";
}

/**
 * The room, or the resource, is closed to guests.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MGuestAccessForbidden extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_GUEST_ACCESS_FORBIDDEN";
}

/**
 * A captcha must be solved first.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MCaptchaNeeded extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_CAPTCHA_NEEDED";
}

/**
 * The captcha was not solved.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MCaptchaInvalid extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_CAPTCHA_INVALID";
}

/**
 * The identifier is reserved by an application service, or not by the one that asked.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MExclusive extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_EXCLUSIVE";
}
