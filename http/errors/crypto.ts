import { MatrixError } from "./base.ts";

/**
 * The base class of errors of encryption and decryption. Only code that implements encryption throws them.
 */
export class CryptoError extends MatrixError {
  /** The name of the class. */
  static override get name(): string {
    return "CryptoError";
  }
}

/** Thrown if an event could not be encrypted. */
export class EncryptionError extends CryptoError {
  /** The name of the class. */
  static override get name(): string {
    return "EncryptionError";
  }
}

/** Thrown if the keys of a device are invalid, so that nothing is encrypted for it. */
export class DeviceValidationError extends EncryptionError {
  /** The name of the class. */
  static override get name(): string {
    return "DeviceValidationError";
  }
}

/** Thrown if a session could not be shared with a device. */
export class SessionShareError extends CryptoError {
  /** The name of the class. */
  static override get name(): string {
    return "SessionShareError";
  }
}

/** Thrown if an event could not be decrypted. */
export class DecryptionError extends CryptoError {
  /** The name of the class. */
  static override get name(): string {
    return "DecryptionError";
  }

  /** A description for the users of a bridge. */
  get humanMessage(): string {
    return "the bridge failed to decrypt the message";
  }
}

/** Thrown if an event could not be decrypted with the session that it names. */
export class MatchingSessionDecryptionError extends DecryptionError {
  /** The name of the class. */
  static override get name(): string {
    return "MatchingSessionDecryptionError";
  }
}

/** Thrown if the sender withheld the session. */
export class GroupSessionWithheldError extends DecryptionError {
  /** The name of the class. */
  static override get name(): string {
    return "GroupSessionWithheldError";
  }
  /** The ID of the session. */
  readonly sessionId: string;
  /** The code of the reason that the sender gave, such as `m.unverified`. */
  readonly withheldCode: string;

  /**
   * Creates an error.
   *
   * @param sessionId The ID of the session.
   * @param withheldCode The code of the reason that the sender gave.
   * @param options The cause.
   */
  constructor(sessionId: string, withheldCode: string, options?: ErrorOptions) {
    super(`Session ID ${sessionId} was withheld (${withheldCode})`, options);
    this.sessionId = sessionId;
    this.withheldCode = withheldCode;
  }
}

/** Thrown if the session that an event names is unknown. */
export class SessionNotFound extends DecryptionError {
  /** The name of the class. */
  static override get name(): string {
    return "SessionNotFound";
  }
  /** The ID of the session. */
  readonly sessionId: string;
  /**
   * The key of the sender's device, if the event contained it.
   *
   * @deprecated The specification has deprecated `sender_key`.
   */
  readonly senderKey?: string;

  /**
   * Creates an error.
   *
   * @param sessionId The ID of the session.
   * @param senderKey The key of the sender's device, if the event contained it.
   * @param options The cause.
   */
  constructor(sessionId: string, senderKey?: string, options?: ErrorOptions) {
    super(`Failed to decrypt megolm event: no session with given ID ${sessionId} found`, options);
    this.sessionId = sessionId;
    this.senderKey = senderKey;
  }

  /** A description for the users of a bridge. */
  override get humanMessage(): string {
    return "the bridge hasn't received the decryption keys";
  }
}

/** Thrown if an event has the index of another one, because it was replayed. */
export class DuplicateMessageIndex extends DecryptionError {
  /** The name of the class. */
  static override get name(): string {
    return "DuplicateMessageIndex";
  }

  /**
   * Creates an error.
   *
   * @param options The cause.
   */
  constructor(options?: ErrorOptions) {
    super("Duplicate message index", options);
  }
}

/** Thrown if the keys of a session are not those of the sender's device. */
export class VerificationError extends DecryptionError {
  /** The name of the class. */
  static override get name(): string {
    return "VerificationError";
  }

  /**
   * Creates an error.
   *
   * @param options The cause.
   */
  constructor(options?: ErrorOptions) {
    super("Device keys in session and cached device info do not match", options);
  }
}

/** Thrown if the decrypted content is malformed. */
export class DecryptedPayloadError extends DecryptionError {
  /** The name of the class. */
  static override get name(): string {
    return "DecryptedPayloadError";
  }
}

/** Thrown if an event was encrypted for another room, because it was replayed. */
export class MismatchingRoomError extends DecryptionError {
  /** The name of the class. */
  static override get name(): string {
    return "MismatchingRoomError";
  }

  /**
   * Creates an error.
   *
   * @param options The cause.
   */
  constructor(options?: ErrorOptions) {
    super("Encrypted megolm event is not intended for this room", options);
  }
}
