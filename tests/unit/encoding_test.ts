import { decodeBase64 as stdDecode, encodeBase64 as stdEncode } from "@std/encoding/base64";
import { encodeBase64Url as stdEncodeUrl } from "@std/encoding/base64url";
import { encodeHex as stdHex } from "@std/encoding/hex";
import { assertEquals, assertThrows } from "@std/assert";
import {
  decodeBase64,
  decodeBase64Url,
  encodeBase64,
  encodeBase64Url,
  encodeHex,
} from "../../client/encoding.ts";

const SAMPLES = Array.from(
  { length: 300 },
  (_, length) => Uint8Array.from({ length }, (_, i) => i * 37 + length),
);

Deno.test("encodeBase64(), encodeBase64Url() and encodeHex() return the same as @std/encoding", () => {
  for (const bytes of SAMPLES) {
    assertEquals(encodeBase64(bytes), stdEncode(bytes));
    assertEquals(encodeBase64Url(bytes), stdEncodeUrl(bytes));
    assertEquals(encodeHex(bytes), stdHex(bytes));
  }
});

Deno.test("decodeBase64() and decodeBase64Url() return the bytes, padded or not", () => {
  for (const bytes of SAMPLES) {
    const text = encodeBase64(bytes);
    assertEquals(decodeBase64(text), stdDecode(text));
    assertEquals(decodeBase64(text.replace(/=+$/, "")), bytes);
    assertEquals(decodeBase64Url(encodeBase64Url(bytes)), bytes);
  }
});

Deno.test("decodeBase64() and decodeBase64Url() reject other texts with a TypeError", () => {
  for (const text of ["a", "a b=", "QQ=", "QQ===", "é", "=", "QQ\n==", "a-_b"]) {
    assertThrows(() => decodeBase64(text), TypeError);
  }
  for (const text of ["a", "a+/b", "QQ=", " "]) assertThrows(() => decodeBase64Url(text), TypeError);
});
