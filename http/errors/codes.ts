/**
 * A class for each error code that a homeserver can send.
 *
 * @module
 */

import { stringField } from "../../types/json.ts";
import {
  MatrixBadContent,
  MatrixBadRequest,
  MatrixInvalidToken,
  MatrixStandardRequestError,
} from "./base.ts";

/**
 * Thrown if access is denied: the user lacks a permission, or a login failed.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MForbidden extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_FORBIDDEN";
}

/**
 * Thrown if the user has already joined the room.
 *
 * @see https://github.com/matrix-org/matrix-spec-proposals/pull/3848
 */
export class MAlreadyJoined extends MForbidden {
  /** The error code of this class. */
  static override readonly errcode: string = "M_ALREADY_JOINED";
}

/**
 * Thrown if the user has not joined the room.
 *
 * @see https://github.com/matrix-org/matrix-spec-proposals/pull/3848
 */
export class MNotJoined extends MForbidden {
  /** The error code of this class. */
  static override readonly errcode: string = "M_NOT_JOINED";
}

/**
 * Thrown if the user's power level is too low.
 *
 * @see https://github.com/matrix-org/matrix-spec-proposals/pull/3848
 */
export class MInsufficientPower extends MForbidden {
  /** The error code of this class. */
  static override readonly errcode: string = "M_INSUFFICIENT_POWER";
}

/**
 * Thrown if the user's account was deactivated.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MUserDeactivated extends MForbidden {
  /** The error code of this class. */
  static override readonly errcode: string = "M_USER_DEACTIVATED";
}

/**
 * Thrown if the access token or refresh token is invalid or has expired.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#soft-logout
 */
export class MUnknownToken extends MatrixInvalidToken {
  /** The error code of this class. */
  static override readonly errcode: string = "M_UNKNOWN_TOKEN";

  /** Whether the session is still there: log in again with the same device ID, or refresh the token. Do not discard the device's keys. */
  get softLogout(): boolean {
    return this.body?.soft_logout === true;
  }
}

/**
 * Thrown if the request had no access token.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MMissingToken extends MatrixInvalidToken {
  /** The error code of this class. */
  static override readonly errcode: string = "M_MISSING_TOKEN";
}

/**
 * Thrown if the body was valid JSON, but a key was missing or a value was invalid.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MBadJSON extends MatrixBadContent {
  /** The error code of this class. */
  static override readonly errcode: string = "M_BAD_JSON";
}

/**
 * Thrown if the body was not JSON.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MNotJSON extends MatrixBadContent {
  /** The error code of this class. */
  static override readonly errcode: string = "M_NOT_JSON";
}

/**
 * Thrown if a required parameter was missing.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MMissingParam extends MatrixBadRequest {
  /** The error code of this class. */
  static override readonly errcode: string = "M_MISSING_PARAM";
}

/**
 * Thrown if the value of a parameter was invalid.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MInvalidParam extends MatrixBadRequest {
  /** The error code of this class. */
  static override readonly errcode: string = "M_INVALID_PARAM";
}

/**
 * Thrown if the request, or the requested file, is too large.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MTooLarge extends MatrixBadRequest {
  /** The error code of this class. */
  static override readonly errcode: string = "M_TOO_LARGE";
}

/**
 * Thrown if the resource does not exist.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MNotFound extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_NOT_FOUND";
}

/**
 * Thrown if there were too many requests in a short time. `retryAfter` is the time to wait.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#rate-limiting
 */
export class MLimitExceeded extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_LIMIT_EXCEEDED";
}

/**
 * Thrown if an error has no more specific code.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MUnknown extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_UNKNOWN";
}

/**
 * Thrown if the homeserver does not implement the endpoint, or not with this HTTP method.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MUnrecognized extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_UNRECOGNIZED";
}

/**
 * Thrown if the homeserver does not know the endpoint. The specification uses `M_UNRECOGNIZED` instead.
 */
export class MUnknownEndpoint extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_UNKNOWN_ENDPOINT";
}

/**
 * Thrown if the request was not authorized, usually because a login failed.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MUnauthorized extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_UNAUTHORIZED";
}

/**
 * Thrown if the user ID is taken.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MUserInUse extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_USER_IN_USE";
}

/**
 * Thrown if the user ID is invalid.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MInvalidUsername extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_INVALID_USERNAME";
}

/**
 * Thrown if the room alias is taken.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MRoomInUse extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_ROOM_IN_USE";
}

/**
 * Thrown if the initial state of a new room is invalid.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MInvalidRoomState extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_INVALID_ROOM_STATE";
}

/**
 * Thrown if the homeserver does not support the requested room version.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MUnsupportedRoomVersion extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_UNSUPPORTED_ROOM_VERSION";
}

/**
 * Thrown if the homeserver does not support the version of an existing room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MIncompatibleRoomVersion extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_INCOMPATIBLE_ROOM_VERSION";

  /** The room's version, or `undefined` if the homeserver did not send it. */
  get roomVersion(): string | undefined {
    return stringField(this.body, "room_version");
  }
}

/**
 * Thrown if the state does not allow the change, such as unbanning a user who is not banned.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MBadState extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_BAD_STATE";
}

/**
 * Thrown if guests may not access the room or resource.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MGuestAccessForbidden extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_GUEST_ACCESS_FORBIDDEN";
}

/**
 * Thrown if a captcha must be solved first.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MCaptchaNeeded extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_CAPTCHA_NEEDED";
}

/**
 * Thrown if the captcha was not solved correctly.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MCaptchaInvalid extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_CAPTCHA_INVALID";
}

/**
 * Thrown if the identifier is in the namespace of an application service, or outside the caller's own namespace.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MExclusive extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_EXCLUSIVE";
}

/**
 * Thrown if the homeserver has reached a limit, such as the number of active users per month.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MResourceLimitExceeded extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_RESOURCE_LIMIT_EXCEEDED";

  /** A URI to contact the administrators of the homeserver, or `undefined`. */
  get adminContact(): string | undefined {
    return stringField(this.body, "admin_contact");
  }

  /** The kind of limit, such as `monthly_active_user`, or `undefined`. */
  get limitType(): string | undefined {
    return stringField(this.body, "limit_type");
  }
}

/**
 * Thrown if the user has reached a limit of the account, such as storage.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MUserLimitExceeded extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_USER_LIMIT_EXCEEDED";

  /** A page for the user about the limit, or `undefined`. */
  get infoUri(): string | undefined {
    return stringField(this.body, "info_uri");
  }

  /** Whether the user can raise the limit. */
  get canUpgrade(): boolean {
    return this.body?.can_upgrade === true;
  }
}

/**
 * Thrown if the account is locked.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#account-locking
 */
export class MUserLocked extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_USER_LOCKED";

  /** Whether the session is still there. Do not discard the device's keys. */
  get softLogout(): boolean {
    return this.body?.soft_logout === true;
  }
}

/**
 * Thrown if the account is suspended.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#account-suspension
 */
export class MUserSuspended extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_USER_SUSPENDED";
}

/**
 * Thrown if the device that an application service acts as does not exist.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MUnknownDevice extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_UNKNOWN_DEVICE";
}

/**
 * Thrown if the homeserver has no login for application services, which use their own token.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MAppserviceLoginUnsupported extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_APPSERVICE_LOGIN_UNSUPPORTED";
}

/**
 * Thrown if the password is too weak.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MWeakPassword extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_WEAK_PASSWORD";
}

/**
 * Thrown if the homeserver does not trust the identity server.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MServerNotTrusted extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_SERVER_NOT_TRUSTED";
}

/**
 * Thrown if the third-party identifier could not be verified.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MThreepidAuthFailed extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_THREEPID_AUTH_FAILED";
}

/**
 * Thrown if the homeserver does not allow the third-party identifier.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MThreepidDenied extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_THREEPID_DENIED";
}

/**
 * Thrown if the third-party identifier already belongs to an account.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MThreepidInUse extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_THREEPID_IN_USE";
}

/**
 * Thrown if no account has the third-party identifier.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MThreepidNotFound extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_THREEPID_NOT_FOUND";
}

/**
 * Thrown if the homeserver does not support this kind of third-party identifier.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MThreepidMediumNotSupported extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_THREEPID_MEDIUM_NOT_SUPPORTED";
}

/**
 * Thrown if the user tries to leave the server notices room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MCannotLeaveServerNoticeRoom extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_CANNOT_LEAVE_SERVER_NOTICE_ROOM";
}

/**
 * Thrown if an alias does not point to the room, or is malformed.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
 */
export class MBadAlias extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_BAD_ALIAS";
}

/**
 * Thrown if the user has already reacted to the event with the same key.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#avoiding-duplicate-annotations
 */
export class MDuplicateAnnotation extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_DUPLICATE_ANNOTATION";
}

/**
 * Thrown if the invited user blocks such invites.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#invite-permission
 */
export class MInviteBlocked extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_INVITE_BLOCKED";
}

/**
 * Thrown if the content URI exists, but its content was not uploaded yet.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid
 */
export class MNotYetUploaded extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_NOT_YET_UPLOADED";
}

/**
 * Thrown if the content URI already has content.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixmediav3uploadservernamemediaid
 */
export class MCannotOverwriteMedia extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_CANNOT_OVERWRITE_MEDIA";
}

/**
 * Thrown if the profile would exceed 64 KiB.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3profileuseridkeyname
 */
export class MProfileTooLarge extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_PROFILE_TOO_LARGE";
}

/**
 * Thrown if the name of the profile field is longer than 255 bytes.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3profileuseridkeyname
 */
export class MKeyTooLarge extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_KEY_TOO_LARGE";
}

/**
 * Thrown if a signature is invalid.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keyssignaturesupload
 */
export class MInvalidSignature extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_INVALID_SIGNATURE";
}

/**
 * Thrown if the key backup's current version is another one.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keyskeys
 */
export class MWrongRoomKeysVersion extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_WRONG_ROOM_KEYS_VERSION";

  /** The current version of the backup, or `undefined`. */
  get currentVersion(): string | undefined {
    return stringField(this.body, "current_version");
  }
}

/**
 * Thrown if the homeserver could not connect to the application service.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv1appserviceappserviceidping
 */
export class MConnectionFailed extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_CONNECTION_FAILED";
}

/**
 * Thrown if the application service did not respond to the homeserver in time.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv1appserviceappserviceidping
 */
export class MConnectionTimeout extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_CONNECTION_TIMEOUT";
}

/**
 * Thrown if the application service responded to the homeserver with an error status.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv1appserviceappserviceidping
 */
export class MBadStatus extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_BAD_STATUS";

  /** The HTTP status of the application service's response, or `undefined`. */
  get serviceStatus(): number | undefined {
    const value = this.body?.status;
    return typeof value === "number" ? value : undefined;
  }

  /** The body of the application service's response, or `undefined`. */
  get serviceText(): string | undefined {
    return stringField(this.body, "body");
  }
}

/**
 * Thrown if the application service has no URL.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv1appserviceappserviceidping
 */
export class MURLNotSet extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_URL_NOT_SET";
}
