import { isUserId } from "../../types/identifiers.ts";
import { checkKind, isFunction } from "../sync/deliver.ts";
import type { CryptoOptions, CryptoTrust } from "../sync/encryption.ts";

/** Options of a client that concern encryption, checked, with their defaults. */
export interface CryptoSettings extends Omit<CryptoOptions, "crypto"> {
  /** Required trust in the sender of an event. */
  readonly trust: CryptoTrust;
}

/**
 * Checks the options of encryption and adds the defaults.
 *
 * @throws {TypeError} If an option is invalid.
 */
export function settleCrypto(options: CryptoOptions): CryptoSettings {
  const { trust, onUndecryptable, onVerification, onBackupStopped } = options;
  const acceptVerificationFrom = options.acceptVerificationFrom ?? [];
  const isTrust = (trust ?? undefined) === undefined || trust === "crossSigned" || trust === "any";
  checkKind("trust", isTrust, '"crossSigned" or "any"', trust);
  checkKind("onUndecryptable", isFunction(onUndecryptable ?? undefined), "a function", onUndecryptable);
  checkKind("onVerification", isFunction(onVerification ?? undefined), "a function", onVerification);
  checkKind("onBackupStopped", isFunction(onBackupStopped ?? undefined), "a function", onBackupStopped);
  const areUsers = Array.isArray(acceptVerificationFrom) && acceptVerificationFrom.every(isUserId);
  checkKind("acceptVerificationFrom", areUsers, "a list of user IDs", acceptVerificationFrom);
  if (acceptVerificationFrom.length > 0 && !onVerification) {
    throw new TypeError("Cannot use acceptVerificationFrom: onVerification must compare the emoji");
  }
  return {
    trust: trust ?? "crossSigned",
    onUndecryptable: onUndecryptable ?? undefined,
    acceptVerificationFrom: [...acceptVerificationFrom],
    onVerification: onVerification ?? undefined,
    onBackupStopped: onBackupStopped ?? undefined,
  };
}
