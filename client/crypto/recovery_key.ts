import { decodeBase58, encodeBase58 } from "@std/encoding/base58";
import { kindOf } from "../../http/validate.ts";

/** Bytes of a key. */
const LENGTH = 32;
/** The bytes before the key. They make every recovery key start with "Es". */
const PREFIX = [0x8b, 0x01];
/** The longest text that is decoded, because decoding takes quadratic time. A recovery key has 48 characters. */
const MAX_CHARACTERS = 64;

/**
 * Formats a private key as a recovery key, as clients display it to their users.
 *
 * @example Usage
 * ```ts
 * import { formatRecoveryKey, parseRecoveryKey } from "@mtx/client/crypto";
 * import { assertEquals, assertMatch } from "@std/assert";
 *
 * const key = crypto.getRandomValues(new Uint8Array(32));
 * const recoveryKey = formatRecoveryKey(key);
 * assertMatch(recoveryKey, /^Es[\w ]{57}$/);
 * assertEquals(parseRecoveryKey(recoveryKey), key);
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#recovery-key
 * @param key The private key: 32 bytes.
 * @returns The recovery key: base58 in groups of four characters.
 * @throws {TypeError} If the key is not 32 bytes.
 */
export function formatRecoveryKey(key: Uint8Array): string {
  if (!(key instanceof Uint8Array) || key.length !== LENGTH) {
    throw new TypeError(`Cannot format the recovery key: key must be ${LENGTH} bytes`);
  }
  const bytes = [...PREFIX, ...key];
  const text = encodeBase58(new Uint8Array([...bytes, parity(bytes)]));
  return text.match(/.{1,4}/g)!.join(" ");
}

/**
 * Parses a recovery key.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#recovery-key
 * @param recoveryKey The recovery key, with or without white space.
 * @returns The private key: 32 bytes.
 * @throws {TypeError} If the recovery key is not a string.
 * @throws {SyntaxError} If it is malformed, for example because of a typing error. The message does not contain it.
 */
export function parseRecoveryKey(recoveryKey: string): Uint8Array {
  if (typeof recoveryKey !== "string") {
    throw new TypeError(
      `Cannot parse the recovery key: it must be a string, received ${kindOf(recoveryKey)}`,
    );
  }
  const text = recoveryKey.replace(/\s/g, "");
  if (!/^[1-9A-HJ-NP-Za-km-z]*$/.test(text)) throw malformed("it has a character that is not base58");
  if (text.length > MAX_CHARACTERS) throw malformed("it is too long");
  const bytes = decodeBase58(text);
  if (bytes.length !== PREFIX.length + LENGTH + 1) throw malformed("it has the wrong length");
  if (PREFIX.some((byte, index) => bytes[index] !== byte)) {
    throw malformed("it does not start with the bytes 8B 01");
  }
  if (parity(bytes) !== 0) throw malformed("its parity byte does not match");
  return bytes.slice(PREFIX.length, -1);
}

/** Returns the exclusive or of bytes. With their parity byte it is 0. */
function parity(bytes: Iterable<number>): number {
  let result = 0;
  for (const byte of bytes) result ^= byte;
  return result;
}

function malformed(reason: string): SyntaxError {
  return new SyntaxError(`Cannot parse the recovery key: ${reason}`);
}
