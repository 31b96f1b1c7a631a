import { assertEquals, assertThrows } from "@std/assert";
import {
  isContentUri,
  isEventId,
  isRoomAlias,
  isRoomId,
  isUserId,
  makeKeyId,
  parseKeyId,
  parseMxcUri,
} from "../../types/identifiers.ts";

const NONE: unknown[] = [undefined, null, 1, {}, [], "", "@", "#", "!", "$", ":", "mxc://", "a@b:c"];

Deno.test("isUserId() requires a sigil, a colon and a server name", () => {
  for (const id of ["@alice:example.org", "@:example.org", "@a:b:8448", "@a:[::1]"]) {
    assertEquals(isUserId(id), true);
  }
  for (const id of [...NONE, "@alice", "@alice:", "#a:b", `@${"a".repeat(255)}:b`]) {
    assertEquals(isUserId(id), false);
  }
});

Deno.test("isRoomAlias() requires a sigil, a colon and a server name", () => {
  for (const id of ["#deno:example.org", "#a:b:c"]) assertEquals(isRoomAlias(id), true);
  for (const id of [...NONE, "#deno", "#deno:", "@a:b"]) assertEquals(isRoomAlias(id), false);
});

Deno.test("isRoomId() and isEventId() accept identifiers without a server name", () => {
  for (const id of ["!room:example.org", "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"]) {
    assertEquals(isRoomId(id), true);
    assertEquals(isEventId(id.replace("!", "$")), true);
  }
  for (const id of [...NONE, "#a:b", `!${"a".repeat(255)}`]) assertEquals(isRoomId(id), false);
  for (const id of [...NONE, "!a:b", `$${"a".repeat(255)}`]) assertEquals(isEventId(id), false);
});

Deno.test("isContentUri() requires a server name and one path segment", () => {
  for (const uri of ["mxc://example.org/a_B-1", "mxc://a:8448/b"]) assertEquals(isContentUri(uri), true);
  const wrong = [
    "mxc://a",
    "mxc://a/",
    "mxc:///b",
    "mxc://a/b/c",
    "mxc://a/b?c",
    "mxc://a/..",
    "http://a/b",
    "mxc://a b/c",
  ];
  for (const uri of [...NONE, ...wrong]) assertEquals(isContentUri(uri), false);
});

Deno.test("parseKeyId() splits at the first colon", () => {
  assertEquals(parseKeyId("ed25519:ABC"), { algorithm: "ed25519", key_id: "ABC" });
  assertEquals(parseKeyId("ed25519:A:B"), { algorithm: "ed25519", key_id: "A:B" });
  assertEquals(parseKeyId(":"), { algorithm: "", key_id: "" });
  assertThrows(() => parseKeyId("ed25519"), SyntaxError, "Cannot parse key ID: the ID must contain a colon");
});

Deno.test("makeKeyId() makes key IDs that parseKeyId() splits", () => {
  const id = makeKeyId("signed_curve25519", "AAAA:B");
  assertEquals(id, "signed_curve25519:AAAA:B");
  assertEquals(parseKeyId(id), { algorithm: "signed_curve25519", key_id: "AAAA:B" });
  assertThrows(
    () => makeKeyId("a:b", "c"),
    SyntaxError,
    "Cannot make key ID: the algorithm must not contain a colon",
  );
});

Deno.test("isContentUri() and parseMxcUri() agree on the grammar of content URIs", () => {
  for (
    const [uri, ...parts] of [
      ["mxc://example.org/a-_B1", "example.org", "a-_B1"],
      ["mxc://example.org:8448/x", "example.org:8448", "x"],
      ["mxc://1.2.3.4/x", "1.2.3.4", "x"],
      ["mxc://[::1]/x", "[::1]", "x"],
      ["mxc://[2001:db8::1]:8448/x", "[2001:db8::1]:8448", "x"],
      ["mxc://localhost/x", "localhost", "x"],
    ] as const
  ) {
    assertEquals([isContentUri(uri), ...parseMxcUri(uri)], [true, ...parts]);
  }
  for (
    const uri of [
      "mxc://a_b.example.org/x",
      "mxc://../x",
      "mxc://./x",
      "mxc://..:80/x",
      "mxc://a@b/x",
      "mxc://:8448/x",
      "mxc://server:test/x",
      "mxc://server:/x",
      "mxc://server:123456/x",
      "mxc://::1/x",
      "mxc://[::1/x",
      "mxc://[]/x",
      "mxc://[g::]/x",
      "mxc:///x",
      "mxc://example.org",
      "mxc://example.org/",
      "mxc://example.org/a/b",
      "mxc://example.org/a.b",
      "mxc://example.org/a\n",
      "mxc://exämple.org/a",
      "MXC://example.org/a",
      " mxc://example.org/a",
      `mxc://${"a".repeat(256)}/x`,
      "https://example.org/a",
    ]
  ) {
    assertEquals([uri, isContentUri(uri)], [uri, false]);
    assertThrows(() => parseMxcUri(uri), SyntaxError, "MXC URI");
  }
});
