/**
 * Base64 and hex. Those of `@std/encoding` need `ArrayBuffer.prototype.transfer()`, which Node.js 20 does not have. They can be
 * used when Node.js 20 is no longer supported.
 *
 * @module
 */

/** Returns bytes as padded base64. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Returns bytes as unpadded URL-safe base64. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_");
}

/**
 * Returns the bytes of a base64 string, padded or not.
 *
 * @throws {TypeError} If the string is not base64.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  // atob() ignores whitespace.
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new TypeError("Cannot decode: the text is not base64");
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    throw new TypeError("Cannot decode: the text is not base64");
  }
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/**
 * Returns the bytes of a URL-safe base64 string, padded or not.
 *
 * @throws {TypeError} If the string is not URL-safe base64.
 */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> {
  if (/[+/]/.test(text)) throw new TypeError("Cannot decode: the text is not URL-safe base64");
  return decodeBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
}

/** Returns bytes as lowercase hex. */
export function encodeHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
