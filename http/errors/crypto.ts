import { MatrixError } from "./base.ts";

/**
 * Encryption or decryption failed. Nothing in this library throws these: they are for those who build encryption on it.
 */
export class CryptoError extends MatrixError {
  /** Name of the class. */
  static override readonly name: string = "CryptoError";
}

/** Something could not be encrypted. */
export class EncryptionError extends CryptoError {
  /** Name of the class. */
  static override readonly name: string = "EncryptionError";
}

/** A device's keys do not pass, so nothing is encrypted for it. */
export class DeviceValidationError extends EncryptionError {
  /** Name of the class. */
  static override readonly name: string = "DeviceValidationError";
}

/** A session could not be shared with a device. */
export class SessionShareError extends CryptoError {
  /** Name of the class. */
  static override readonly name: string = "SessionShareError";
}

/** Something could not be decrypted. */
export class DecryptionError extends CryptoError {
  /** Name of the class. */
  static override readonly name: string = "DecryptionError";

  /** What to tell the users of a bridge. */
  get humanMessage(): string {
    return "the bridge failed to decrypt the message";
  }
}

/** A message could not be decrypted with the session that it names. */
export class MatchingSessionDecryptionError extends DecryptionError {
  /** Name of the class. */
  static override readonly name: string = "MatchingSessionDecryptionError";
}

/** The sender keeps the session back. */
export class GroupSessionWithheldError extends DecryptionError {
  /** Name of the class. */
  static override readonly name: string = "GroupSessionWithheldError";
  /** ID of the session. */
  readonly sessionId: string;
  /** Why it is kept back, as the sender said, for example `m.unverified`. */
  readonly withheldCode: string;

  /**
   * Makes an error.
   *
   * @param sessionId ID of the session.
   * @param withheldCode Why it is kept back, as the sender said.
   * @param options Its cause.
   */
  constructor(sessionId: string, withheldCode: string, options?: ErrorOptions) {
    super(`Session ID ${sessionId} was withheld (${withheldCode})`, options);
    this.sessionId = sessionId;
    this.withheldCode = withheldCode;
  }
}

/** There is no session with the ID that a message names. */
export class SessionNotFound extends DecryptionError {
  /** Name of the class. */
  static override readonly name: string = "SessionNotFound";
  /** ID of the session. */
  readonly sessionId: string;
  /**
   * Key of the sender's device, if the message held one.
   *
   * @deprecated The specification does without it.
   */
  readonly senderKey?: string;

  /**
   * Makes an error.
   *
   * @param sessionId ID of the session.
   * @param senderKey Key of the sender's device, if the message held one.
   * @param options Its cause.
   */
  constructor(sessionId: string, senderKey?: string, options?: ErrorOptions) {
    super(`Failed to decrypt megolm event: no session with given ID ${sessionId} found`, options);
    this.sessionId = sessionId;
    this.senderKey = senderKey;
  }

  /** What to tell the users of a bridge. */
  override get humanMessage(): string {
    return "the bridge hasn't received the decryption keys";
  }
}

/** A message has the index of another one: it is a replay. */
export class DuplicateMessageIndex extends DecryptionError {
  /** Name of the class. */
  static override readonly name: string = "DuplicateMessageIndex";

  /**
   * Makes an error.
   *
   * @param options Its cause.
   */
  constructor(options?: ErrorOptions) {
    super("Duplicate message index", options);
  }
}

/** A session's keys are not those of the device that it should come from. */
export class VerificationError extends DecryptionError {
  /** Name of the class. */
  static override readonly name: string = "VerificationError";

  /**
   * Makes an error.
   *
   * @param options Its cause.
   */
  constructor(options?: ErrorOptions) {
    super("Device keys in session and cached device info do not match", options);
  }
}

/** What was decrypted is not what it should be. */
export class DecryptedPayloadError extends DecryptionError {
  /** Name of the class. */
  static override readonly name: string = "DecryptedPayloadError";
}

/** A message was encrypted for another room: it is a replay. */
export class MismatchingRoomError extends DecryptionError {
  /** Name of the class. */
  static override readonly name: string = "MismatchingRoomError";

  /**
   * Makes an error.
   *
   * @param options Its cause.
   */
  constructor(options?: ErrorOptions) {
    super("Encrypted megolm event is not intended for this room", options);
  }
}
