/**
 * The interface of cross-signing, key backup and verification. Types only, so that a program without encryption loads no
 * module of `@mtx/client/crypto`.
 *
 * @module
 */
import type { RequestOptions } from "../../http/options.ts";
import type { DeviceID, UserID } from "../../types/identifiers.ts";
import type { KeyBackupVersion } from "../../types/key_backup.ts";
import type { AuthOptions } from "../account.ts";

/** Options of {@linkcode CryptoIdentity.bootstrapCrossSigning}. */
export interface BootstrapCrossSigningOptions extends AuthOptions {
  /**
   * Whether to replace cross-signing keys of the account that this device does not hold. Everybody who has verified the
   * user has to do so again, and the user's other devices are no longer signed.
   *
   * @default {false}
   */
  replace?: boolean | undefined;
}

/** Options of {@linkcode CryptoBackup.enable}. */
export interface EnableBackupOptions extends RequestOptions {
  /** The recovery key of the existing backup, to back up keys to it. If there is no backup, the new one has this key. */
  recoveryKey?: string | undefined;
  /**
   * Whether to create a new backup if there is one whose recovery key this device does not hold. Keys in the old one can
   * no longer be read by most clients.
   *
   * @default {false}
   */
  replace?: boolean | undefined;
}

/** A backup that is in use. */
export interface EnabledBackup {
  /** The version. */
  version: KeyBackupVersion;
  /** The recovery key, which the user should keep. It decrypts the backup. */
  recoveryKey: string;
}

/** A backup that was restored. */
export interface RestoredBackup {
  /** The number of keys that were imported. Keys that the device had already are not counted. */
  imported: number;
  /** The number of keys in the backup. */
  total: number;
  /** The number of keys that are malformed or were encrypted for another recovery key. */
  failed: number;
}

/** The backup of room keys on the homeserver. */
export interface CryptoBackup {
  /**
   * Backs up room keys from now on, to a new backup if the account has none. Signs it with the key of the device and, if
   * the device holds it, with the user's master key. Keys are sent after sync responses. Calling it again returns the same
   * backup.
   *
   * If the backup is deleted or another device creates a new one, the device stops to back up keys, and reports it to
   * `onBackupStopped` of the client.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#server-side-key-backups
   * @param options Which backup to use, and request options.
   * @returns The version and the recovery key of the backup.
   * @throws {TypeError} If an option is invalid.
   * @throws {SyntaxError} If the recovery key is malformed.
   * @throws {CryptoError} If the account has a backup, and the device neither holds its recovery key nor has received it
   * from another device of the user, which has verified this one. Also if the given one does not fit.
   */
  enable(options?: EnableBackupOptions): Promise<EnabledBackup>;
  /**
   * Imports the room keys of the account's backup. Does not enable the backup.
   *
   * The homeserver could have added keys to the backup, so events that are decrypted with them count as unverified: they
   * need `trust: "any"`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#server-side-key-backups
   * @param recoveryKey The recovery key, with or without white space.
   * @param options Request options. The backup is downloaded in one response.
   * @returns The numbers of keys.
   * @throws {TypeError} If the recovery key is not a string.
   * @throws {SyntaxError} If the recovery key is malformed.
   * @throws {CryptoError} If there is no backup, or the recovery key is not that of the backup.
   */
  restore(recoveryKey: string, options?: RequestOptions): Promise<RestoredBackup>;
}

/** One of the seven emoji that two users compare. */
export interface VerificationEmoji {
  /** The emoji. */
  symbol: string;
  /** The English name of the emoji. */
  description: string;
}

/** The other side of a verification. */
export interface VerificationPeer {
  /** The user. */
  readonly userId: UserID;
  /** The device. */
  readonly deviceId: DeviceID;
  /** Aborted when the verification has ended. */
  readonly signal: AbortSignal;
}

/**
 * Compares emoji with those that the other side displays, for example by asking the user.
 *
 * @param emoji The emoji.
 * @param peer The other side.
 * @returns Whether they match.
 */
export type CompareEmoji = (
  emoji: readonly VerificationEmoji[],
  peer: VerificationPeer,
) => boolean | Promise<boolean>;

/** Options of {@linkcode CryptoIdentity.verify}. */
export interface VerifyOptions {
  /**
   * The device to verify. It can be omitted for the client's own user, of whose other devices the first one that accepts
   * is verified, and for users with one device.
   */
  deviceId?: DeviceID | undefined;
  /** Compares emoji. */
  onEmoji: CompareEmoji;
  /** Cancels the verification. */
  signal?: AbortSignal | undefined;
  /**
   * The time after which the verification is cancelled, in milliseconds.
   *
   * @default {600000}
   */
  timeout?: number | undefined;
}

/** Options of {@linkcode Client} that concern identities. */
export interface IdentityOptions {
  /**
   * IDs of users whose requests of verification are accepted. The user's own other devices are accepted only if the user
   * is listed. All other requests are ignored.
   *
   * @default {[]}
   */
  acceptVerificationFrom?: readonly UserID[] | undefined;
  /** Compares the emoji of verifications that others have requested. Required by `acceptVerificationFrom`. */
  onVerification?: CompareEmoji | undefined;
  /**
   * Called when the device has stopped to back up keys, because the backup was deleted or replaced. By default, a warning
   * is logged.
   */
  onBackupStopped?: ((error: Error) => unknown) | undefined;
}

/**
 * Cross-signing, key backup and verification of a device.
 *
 * @example Prepare the device of a bot, and verify its owner
 * ```ts
 * import { answerStages } from "@mtx/client";
 * import type { ClientCrypto, CompareEmoji } from "@mtx/client/crypto";
 * import { assertEquals } from "@std/assert";
 *
 * async function prepare(crypto: ClientCrypto, user: string, password: string) {
 *   const auth = answerStages({ "m.login.password": { identifier: { type: "m.id.user", user }, password } });
 *   await crypto.bootstrapCrossSigning({ auth });
 *   const { recoveryKey } = await crypto.backup.enable();
 *   return recoveryKey; // for a safe place
 * }
 *
 * const onEmoji: CompareEmoji = (emoji) => confirm(`${emoji.map(({ symbol }) => symbol).join(" ")}: the same?`);
 *
 * async function verifyOwner(crypto: ClientCrypto) {
 *   await crypto.verify("@owner:example.org", { deviceId: "PHONE", onEmoji, signal: AbortSignal.timeout(60_000) });
 * }
 * assertEquals([typeof prepare, typeof verifyOwner], ["function", "function"]);
 * ```
 */
export interface CryptoIdentity {
  /** The backup of room keys on the homeserver. */
  readonly backup: CryptoBackup;
  /**
   * Creates the cross-signing keys of the user if the account has none, and signs this device with them. Others then
   * receive what it sends as from a verified device. Calling it again changes nothing, and completes what was interrupted.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#cross-signing
   * @param options Authentication, whether to replace keys, and request options.
   * @throws {CryptoError} If the account has cross-signing keys that this device does not hold.
   * @throws {MatrixUIARequired} If the homeserver requires authentication.
   */
  bootstrapCrossSigning(options?: BootstrapCrossSigningOptions): Promise<void>;
  /**
   * Verifies a user or a device: both sides compare emoji. The client has to sync meanwhile.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#short-authentication-string-sas-verification
   * @param userId The user, which may be the client's own for one of its other devices.
   * @param options What compares the emoji, and the device.
   * @returns When both sides are done.
   * @throws {VerificationCancelled} If one side cancels, the emoji do not match, or time is up.
   * @throws {CryptoError} If the device is unknown.
   * @throws {TypeError} If an argument is invalid.
   * @throws The signal's reason.
   */
  verify(userId: UserID, options: VerifyOptions): Promise<void>;
}
