import { assert, assertEquals, assertThrows } from "@std/assert";
import { formatRecoveryKey, parseRecoveryKey } from "../../../client/crypto/recovery_key.ts";

/** The private key of Alice in RFC 7748, section 6.1, which other clients use in their tests, too. */
const KEY = Uint8Array.from(
  "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a".match(/../g)!,
  (byte) => parseInt(byte, 16),
);
const RECOVERY_KEY = "EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d";

const VECTORS: readonly (readonly [Uint8Array, string])[] = [
  [KEY, RECOVERY_KEY],
  [new Uint8Array(32), "EsSz ygLv VP1b xF1C v7kE eBQx MxDP buG5 w25T L3b6 hfyG Kkrd"],
  [new Uint8Array(32).fill(255), "EsUK 2TRo ZKTB CKmv wEDA o6rq tTYu aKzp eJ9f 95nM 3VHk Xbnq"],
  [
    Uint8Array.from({ length: 32 }, (_, index) => index),
    "EsSz ykH7 LCZx 7Cae cmKD wcmY JRXi Ybtu 8iQ3 t8Ez nRwK pUY1",
  ],
];

Deno.test("formatRecoveryKey() returns the recovery key that other clients display", () => {
  for (const [key, recoveryKey] of VECTORS) assertEquals(formatRecoveryKey(key), recoveryKey);
});

Deno.test("parseRecoveryKey() returns the key, and ignores white space", () => {
  for (const [key, recoveryKey] of VECTORS) {
    assertEquals(parseRecoveryKey(recoveryKey), key);
    assertEquals(parseRecoveryKey(`\t ${recoveryKey.replaceAll(" ", "")}\n`), key);
    assertEquals(parseRecoveryKey(recoveryKey.replaceAll(" ", "\r\n")), key);
  }
});

Deno.test("parseRecoveryKey() rejects malformed recovery keys and does not quote them", () => {
  const malformed: [string, string][] = [
    ["", "wrong length"],
    ["EsTc", "wrong length"],
    [RECOVERY_KEY.slice(0, -1), "8B 01"],
    [RECOVERY_KEY.slice(0, -4), "wrong length"],
    [RECOVERY_KEY.replace("LW2K", "LW2L"), "parity byte"],
    [RECOVERY_KEY.replace("UE4d", "UE4e"), "parity byte"],
    [RECOVERY_KEY.replace("EsTc", "FsTc"), "8B 01"],
    [RECOVERY_KEY.replace("LW2K", "LW0K"), "not base58"],
    [RECOVERY_KEY.replace("LW2K", "LWlK"), "not base58"],
    [RECOVERY_KEY.replace("LW2K", "LW🐶K"), "not base58"],
    [RECOVERY_KEY + RECOVERY_KEY, "too long"],
    ["1".repeat(1_000_000), "too long"],
  ];
  for (const [text, message] of malformed) {
    const error = assertThrows(() => parseRecoveryKey(text), SyntaxError, message);
    assert(!/PGiF|LW0K|LWlK/.test(String(error.stack) + error.message));
  }
  for (const value of [undefined, null, 5, KEY, {}]) {
    assertThrows(() => parseRecoveryKey(value as string), TypeError, "must be a string");
  }
});

Deno.test("parseRecoveryKey() accepts a changed character only if the parity byte matches", () => {
  const text = RECOVERY_KEY.replaceAll(" ", "");
  for (let index = 0; index < text.length; index++) {
    for (const character of "1zEs7") {
      if (text[index] === character) continue;
      const changed = text.slice(0, index) + character + text.slice(index + 1);
      let key: Uint8Array | undefined;
      try {
        key = parseRecoveryKey(changed);
      } catch (error) {
        assert(error instanceof SyntaxError);
      }
      // One byte of parity cannot notice all of them.
      if (key !== undefined) assertEquals(formatRecoveryKey(key).replaceAll(" ", ""), changed);
    }
  }
});

Deno.test("formatRecoveryKey() rejects what is not 32 bytes", () => {
  for (const value of [undefined, null, "x".repeat(32), new Uint8Array(31), new Uint8Array(33), []]) {
    assertThrows(() => formatRecoveryKey(value as Uint8Array), TypeError, "32 bytes");
  }
});
