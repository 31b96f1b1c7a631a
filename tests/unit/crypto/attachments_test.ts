import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { decodeBase64Url } from "@std/encoding/base64url";
import { decryptAttachment, encryptAttachment, type EncryptedFileInfo } from "../../../client/crypto/mod.ts";
import { DecryptionError, FileTooLargeError } from "../../../http/mod.ts";
import type { EncryptedFile } from "../../../types/mod.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const PIECE = 256 * 1024;

function stream(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function bytes(source: ReadableStream<Uint8Array>): Promise<Bytes> {
  return new Uint8Array(await new Response(source as ReadableStream<Bytes>).arrayBuffer());
}

/** Random bytes; `crypto.getRandomValues()` makes 64 KiB at once. */
function random(size: number): Bytes {
  const result = new Uint8Array(size);
  for (let i = 0; i < size; i += 65536) crypto.getRandomValues(result.subarray(i, i + 65536));
  return result;
}

async function encrypt(content: Uint8Array, at = content.length): Promise<[Bytes, EncryptedFile]> {
  const encryption = encryptAttachment();
  const encrypted = await bytes(
    stream(content.subarray(0, at), content.subarray(at)).pipeThrough(encryption),
  );
  return [encrypted, withUrl(await encryption.file)];
}

function withUrl(file: EncryptedFileInfo): EncryptedFile {
  return { ...file, url: "mxc://example.org/file" };
}

Deno.test("encryptAttachment() describes the content as the specification says", async () => {
  const [encrypted, file] = await encrypt(new TextEncoder().encode("Tea"));
  assertEquals(file.v, "v2");
  const { k, ...key } = file.key;
  assertEquals(key, { kty: "oct", alg: "A256CTR", ext: true, key_ops: ["encrypt", "decrypt"] });
  assertEquals(decodeBase64Url(k).length, 32);
  assertEquals(file.iv.length, 22);
  assertEquals(decodeBase64(`${file.iv}==`).subarray(8), new Uint8Array(8));
  const hash = encodeBase64(await crypto.subtle.digest("SHA-256", encrypted)).replace(/=+$/, "");
  assertEquals(file.hashes, { sha256: hash });
});

Deno.test("encryptAttachment() makes a new key and counter block for each attachment", async () => {
  const [one, first] = await encrypt(new Uint8Array(64));
  const [two, second] = await encrypt(new Uint8Array(64));
  assertNotEquals(one, two);
  assertNotEquals(first.key.k, second.key.k);
  assertNotEquals(first.iv, second.iv);
});

Deno.test("encryptAttachment() encrypts as WebCrypto does for the whole content", async () => {
  const content = random(2 * PIECE + 5);
  const [encrypted, file] = await encrypt(content, 17);
  const key = await crypto.subtle.importKey("jwk", file.key as JsonWebKey, "AES-CTR", false, ["encrypt"]);
  const counter = decodeBase64(`${file.iv}==`);
  assertEquals(
    encrypted,
    new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CTR", counter, length: 64 }, key, content)),
  );
});

for (const size of [0, 1, 15, 16, 17, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7]) {
  Deno.test(`decryptAttachment() restores an attachment of ${size} bytes, in any chunks`, async () => {
    const content = random(size);
    const [encrypted, file] = await encrypt(content, Math.min(3, size));
    assertEquals(encrypted.length, size);
    for (const verify of ["end", "before"] as const) {
      for (const at of [0, 1, 100_003]) {
        const source = stream(encrypted.subarray(0, at), encrypted.subarray(at));
        assertEquals(await bytes(source.pipeThrough(decryptAttachment(file, { verify }))), content);
      }
    }
  });
}

Deno.test("decryptAttachment() wraps the low 64 bits of the counter block", async () => {
  const content = random(PIECE + 100);
  const iv = new Uint8Array(16).fill(255);
  const [, file] = await encrypt(new Uint8Array());
  const key = await crypto.subtle.importKey("jwk", file.key as JsonWebKey, "AES-CTR", false, ["encrypt"]);
  const encrypted = await crypto.subtle.encrypt({ name: "AES-CTR", counter: iv, length: 64 }, key, content);
  const sha256 = encodeBase64(await crypto.subtle.digest("SHA-256", encrypted));
  const described = { ...file, iv: encodeBase64(iv), hashes: { sha256 } };
  const source = stream(new Uint8Array(encrypted));
  assertEquals(await bytes(source.pipeThrough(decryptAttachment(described))), content);
});

Deno.test("decryptAttachment() rejects every flipped byte", async () => {
  const [encrypted, file] = await encrypt(random(100));
  for (const verify of ["end", "before"] as const) {
    for (let i = 0; i < encrypted.length; i++) {
      const changed = encrypted.slice();
      changed[i]! ^= 1;
      const source = stream(changed).pipeThrough(decryptAttachment(file, { verify }));
      await assertRejects(() => bytes(source), DecryptionError, "hash does not match");
    }
  }
});

Deno.test('decryptAttachment() passes nothing on before the hash is checked with verify: "before"', async () => {
  const [encrypted, file] = await encrypt(random(3 * PIECE));
  encrypted[0]! ^= 1;
  const reader = stream(encrypted).pipeThrough(decryptAttachment(file, { verify: "before" })).getReader();
  await assertRejects(() => reader.read(), DecryptionError);
});

Deno.test('decryptAttachment() holds at most maxSize bytes with verify: "before"', async () => {
  const [encrypted, file] = await encrypt(random(2 * PIECE));
  const source = stream(encrypted);
  const options = { verify: "before", maxSize: 2 * PIECE - 1 } as const;
  await assertRejects(() => bytes(source.pipeThrough(decryptAttachment(file, options))), FileTooLargeError);
});

Deno.test("decryptAttachment() throws for a malformed file without its key in the message", async () => {
  const [, file] = await encrypt(random(1));
  const wrong: [EncryptedFile, string][] = [
    [{ ...file, v: "v1" }, "only version v2"],
    [{ ...file, key: { ...file.key, alg: "A128CTR" } }, "only version v2"],
    [{ ...file, key: { ...file.key, k: "short" } }, "key.k must be 32 bytes"],
    [{ ...file, key: undefined } as unknown as EncryptedFile, "only version v2"],
    [{ ...file, iv: "!" }, "iv must be 16 bytes"],
    [{ ...file, iv: 5 } as unknown as EncryptedFile, "iv must be 16 bytes"],
    [{ ...file, hashes: {} } as unknown as EncryptedFile, "hashes.sha256 must be 32 bytes"],
    [null as unknown as EncryptedFile, "only version v2"],
  ];
  for (const [value, message] of wrong) {
    const error = assertThrows(() => decryptAttachment(value), DecryptionError, message);
    assert(!error.message.includes(file.key.k));
  }
});

Deno.test("decryptAttachment() accepts padded base64", async () => {
  const content = random(20);
  const [encrypted, file] = await encrypt(content);
  const padded = { ...file, iv: `${file.iv}==`, hashes: { sha256: `${file.hashes.sha256}=` } };
  assertEquals(await bytes(stream(encrypted).pipeThrough(decryptAttachment(padded))), content);
});

Deno.test("encryptAttachment() rejects file with the reason when the content fails", async () => {
  const encryption = encryptAttachment();
  const failing = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error("disk")),
  });
  await assertRejects(() => bytes(failing.pipeThrough(encryption)), Error, "disk");
  await assertRejects(() => encryption.file, Error, "disk");
});

Deno.test("encryptAttachment() rejects chunks that are not a Uint8Array", async () => {
  const encryption = encryptAttachment();
  const source = stream("text" as unknown as Uint8Array);
  await assertRejects(() => bytes(source.pipeThrough(encryption)), TypeError, "must be a Uint8Array");
  await assertRejects(() => encryption.file, TypeError);
});

/** Attachments that every implementation must decrypt. The low half of the last counter block wraps around. */
const VECTORS = [
  {
    content: "",
    encrypted: "",
    iv: "AAAAAAAAAAAAAAAAAAAAAA",
    k: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    sha256: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
  },
  {
    content: "Hello, World",
    encrypted: "5xJZTt5cQicm+9f4",
    iv: "//////////8AAAAAAAAAAA",
    k: "__________________________________________8",
    sha256: "YzF08lARDdOCzJpzuSwsjTNlQc4pHxpdHcXiD/wpK6k",
  },
  {
    content: "alphanumerically".repeat(4),
    encrypted: "zhtFStAeFx0s+9L/sSQO+WQMtldqYEHqTxMduJrCIpnkyer09kxJJuA4K+adQE4w+7jZe/vR9kIcqj9rOhDR8Q",
    iv: "//////////8AAAAAAAAAAA",
    k: "__________________________________________8",
    sha256: "IOq7/dHHB+mfHfxlRY5XMeCWEwTPmlf4cJcgrkf6fVU",
  },
  {
    content: "alphanumerically".repeat(4),
    encrypted: "tJVNBVJ/vl36UQt4Y5e5m84bRUrQHhcdLPvS/7EkDvlkDLZXamBB6k8THbiawiKZ5Mnq9PZMSSbgOCvmnUBOMA",
    iv: "/////////////////////w",
    k: "__________________________________________8",
    sha256: "LYG/orOViuFwovJpv2YMLSsmVKwLt7pY3f8SYM7KU5E",
  },
];

Deno.test("decryptAttachment() decrypts the test vectors of other implementations", async () => {
  const [, file] = await encrypt(new Uint8Array());
  for (const { content, encrypted, iv, k, sha256 } of VECTORS) {
    const described = { ...file, iv, key: { ...file.key, k }, hashes: { sha256 } };
    const source = stream(decodeBase64(encrypted.padEnd(Math.ceil(encrypted.length / 4) * 4, "=")));
    const decrypted = await bytes(source.pipeThrough(decryptAttachment(described, { verify: "before" })));
    assertEquals(new TextDecoder().decode(decrypted), content);
  }
});
