import { MatrixStandardRequestError } from "./base.ts";
import { stringField } from "../json_object.ts";

/**
 * The homeserver has reached one of its limits, for example of users a month.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MResourceLimitExceeded extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_RESOURCE_LIMIT_EXCEEDED";

  /** Where to reach the homeserver's administrators: a URI. */
  get adminContact(): string | undefined {
    return stringField(this.body, "admin_contact");
  }

  /** Which limit it is, as in server notices. Not every homeserver says. */
  get limitType(): string | undefined {
    return stringField(this.body, "limit_type");
  }
}

/**
 * The user has reached a limit of the account, for example of storage.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#common-error-codes
 */
export class MUserLimitExceeded extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_USER_LIMIT_EXCEEDED";

  /** A page about the limit, for the user to read. */
  get infoUri(): string | undefined {
    return stringField(this.body, "info_uri");
  }

  /** Whether the user can have the limit raised. */
  get canUpgrade(): boolean {
    return this.body?.can_upgrade === true;
  }
}

/**
 * The account is locked and cannot be used for now.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#account-locking
 */
export class MUserLocked extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_USER_LOCKED";

  /** Whether the device and its keys are kept, so that nothing must be thrown away. */
  get softLogout(): boolean {
    return this.body?.soft_logout === true;
  }
}

/**
 * The account is suspended and can do little for now.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#account-suspension
 */
export class MUserSuspended extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_USER_SUSPENDED";
}

/**
 * The device that an application service acts as does not exist.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MUnknownDevice extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_UNKNOWN_DEVICE";
}

/**
 * The homeserver has no login for application services; they use their own token.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MAppserviceLoginUnsupported extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_APPSERVICE_LOGIN_UNSUPPORTED";
}

/**
 * The password is too weak.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MWeakPassword extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_WEAK_PASSWORD";
}

/**
 * The homeserver does not trust the identity server named.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MServerNotTrusted extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_SERVER_NOT_TRUSTED";
}

/**
 * The third-party identifier could not be verified.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MThreepidAuthFailed extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_THREEPID_AUTH_FAILED";
}

/**
 * The homeserver does not allow this third-party identifier.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MThreepidDenied extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_THREEPID_DENIED";
}

/**
 * The third-party identifier belongs to an account already.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MThreepidInUse extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_THREEPID_IN_USE";
}

/**
 * No account has this third-party identifier.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MThreepidNotFound extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_THREEPID_NOT_FOUND";
}

/**
 * The homeserver does not take third-party identifiers of this kind.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MThreepidMediumNotSupported extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_THREEPID_MEDIUM_NOT_SUPPORTED";
}

/**
 * The room of server notices cannot be left.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#other-error-codes
 */
export class MCannotLeaveServerNoticeRoom extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_CANNOT_LEAVE_SERVER_NOTICE_ROOM";
}

/**
 * An alias does not point to the room, or is none.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
 */
export class MBadAlias extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_BAD_ALIAS";
}

/**
 * The user has reacted to the event with this key already.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#avoiding-duplicate-annotations
 */
export class MDuplicateAnnotation extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_DUPLICATE_ANNOTATION";
}

/**
 * The invited user takes no such invites.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#invite-permission
 */
export class MInviteBlocked extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_INVITE_BLOCKED";
}

/**
 * The media URI exists, but its file has not been uploaded yet.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid
 */
export class MNotYetUploaded extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_NOT_YET_UPLOADED";
}

/**
 * The media URI has a file already.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixmediav3uploadservernamemediaid
 */
export class MCannotOverwriteMedia extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_CANNOT_OVERWRITE_MEDIA";
}

/**
 * The profile would become larger than 64 KiB.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3profileuseridkeyname
 */
export class MProfileTooLarge extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_PROFILE_TOO_LARGE";
}

/**
 * The name of the profile field is longer than 255 bytes.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3profileuseridkeyname
 */
export class MKeyTooLarge extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_KEY_TOO_LARGE";
}

/**
 * A signature does not fit.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keyssignaturesupload
 */
export class MInvalidSignature extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_INVALID_SIGNATURE";
}

/**
 * The key backup has another version by now.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keyskeys
 */
export class MWrongRoomKeysVersion extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_WRONG_ROOM_KEYS_VERSION";

  /** The version that the backup has now. */
  get currentVersion(): string | undefined {
    return stringField(this.body, "current_version");
  }
}

/**
 * The homeserver could not reach the application service.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv1appserviceappserviceidping
 */
export class MConnectionFailed extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_CONNECTION_FAILED";
}

/**
 * The application service did not answer the homeserver in time.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv1appserviceappserviceidping
 */
export class MConnectionTimeout extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_CONNECTION_TIMEOUT";
}

/**
 * The application service answered the homeserver with a bad status.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv1appserviceappserviceidping
 */
export class MBadStatus extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_BAD_STATUS";

  /** The HTTP status that the application service answered. */
  get serviceStatus(): number | undefined {
    const value = this.body?.status;
    return typeof value === "number" ? value : undefined;
  }

  /** The body that the application service answered. */
  get serviceText(): string | undefined {
    return stringField(this.body, "body");
  }
}

/**
 * The application service has no URL.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv1appserviceappserviceidping
 */
export class MURLNotSet extends MatrixStandardRequestError {
  /** The error code of this class. */
  static override readonly errcode: string = "M_URL_NOT_SET";
}
