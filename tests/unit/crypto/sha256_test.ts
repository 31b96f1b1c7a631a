import { assertEquals } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { createSha256, Sha256 } from "../../../client/crypto/sha256.ts";

const text = (value: string) => new TextEncoder().encode(value);

Deno.test("Sha256.digest() returns the hashes of FIPS 180-4's examples", async () => {
  const vectors: [input: string, hash: string][] = [
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
    ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
  ];
  for (const [input, expected] of vectors) {
    const hash = new Sha256();
    hash.update(text(input));
    assertEquals(encodeHex(await hash.digest()), expected);
  }
});

Deno.test("Sha256.digest() and createSha256() return WebCrypto's hash for every length and split", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(300));
  for (let length = 0; length <= bytes.length; length++) {
    const input = bytes.slice(0, length);
    const expected = new Uint8Array(await crypto.subtle.digest("SHA-256", input));
    for (const split of [0, 1, 55, 64, length]) {
      for (const hash of [new Sha256(), createSha256()]) {
        await hash.update(input.slice(0, split));
        await hash.update(input.slice(split));
        assertEquals(await hash.digest(), expected);
      }
    }
  }
});
