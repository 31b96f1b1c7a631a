import { CryptoError } from "../../http/errors/base.ts";
import { checkGiven, given } from "../../http/validate.ts";
import { fieldsOf } from "../../types/json.ts";
import type { BootstrapCrossSigningOptions } from "../sync/identity.ts";
import type { CryptoConnection } from "./connection.ts";

/**
 * Creates the cross-signing keys of a user if the account has none, and signs the device with them.
 *
 * Each step checks the homeserver's state first, so that a call completes an earlier one that was interrupted.
 *
 * @param connection The client and the engine.
 * @param options Authentication, whether to replace keys, and request options.
 * @throws {CryptoError} If the account has cross-signing keys that the device does not hold.
 * @throws {MatrixUIARequired} If the homeserver requires authentication.
 */
export async function bootstrapCrossSigning(
  connection: CryptoConnection,
  options?: BootstrapCrossSigningOptions,
): Promise<void> {
  const { client, engine } = connection;
  const { identity } = engine;
  const { replace, ...requestOptions } = given(options);
  const { auth } = requestOptions;
  checkGiven("boolean", { replace });
  if (typeof auth !== "function") checkGiven("object", { auth });
  const signal = requestOptions.signal ?? undefined;

  // The keys of the device have to be published before their signatures.
  await connection.flush(signal);
  const isPublished = await query(connection, signal);
  const { held, signed, trusted } = await identity.crossSigning();
  if (isPublished && signed && trusted) return;
  const holdsAll = held === "all";
  if (isPublished && !holdsAll && !replace) {
    throw new CryptoError(
      "Cannot bootstrap cross-signing: the account has cross-signing keys that this device does not hold. " +
        "Verify this device with another one of the user, or replace the keys with { replace: true }",
    );
  }
  const { keys, signatures } = await identity.bootstrap(!holdsAll);
  if (!isPublished || !holdsAll) await client.uploadCrossSigningKeys(keys, requestOptions);
  await connection.send(signatures, signal);
  await query(connection, signal);
  const state = await identity.crossSigning();
  if (!state.signed || !state.trusted) {
    throw new CryptoError("Cannot bootstrap cross-signing: the homeserver has not stored the signatures");
  }
}

/** Passes the user's current keys to the engine. Returns whether the account has cross-signing keys. */
async function query({ send, engine }: CryptoConnection, signal: AbortSignal | undefined): Promise<boolean> {
  const { userId, deviceId, identity } = engine;
  const { device_keys, master_keys } = fieldsOf(await send(identity.queryKeys([userId]), signal));
  // An incomplete response must not lead to a replacement of keys.
  if (!(deviceId in fieldsOf(fieldsOf(device_keys)[userId]))) {
    throw new CryptoError(
      "Cannot bootstrap cross-signing: the homeserver has not returned the keys of this device",
    );
  }
  return userId in fieldsOf(master_keys);
}
