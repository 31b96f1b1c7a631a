import { assertEquals, assertThrows } from "@std/assert";
import {
  isContentURI,
  isEventID,
  isRoomAlias,
  isRoomID,
  isUserID,
  makeKeyID,
  parseKeyID,
} from "../../types/identifiers.ts";

const NONE: unknown[] = [undefined, null, 1, {}, [], "", "@", "#", "!", "$", ":", "mxc://", "a@b:c"];

Deno.test("isUserID() wants sigil, colon and server", () => {
  for (const id of ["@alice:example.org", "@:example.org", "@a:b:8448", "@a:[::1]"]) {
    assertEquals(isUserID(id), true);
  }
  for (const id of [...NONE, "@alice", "@alice:", "#a:b", `@${"a".repeat(255)}:b`]) {
    assertEquals(isUserID(id), false);
  }
});

Deno.test("isRoomAlias() wants sigil, colon and server", () => {
  for (const id of ["#deno:example.org", "#a:b:c"]) assertEquals(isRoomAlias(id), true);
  for (const id of [...NONE, "#deno", "#deno:", "@a:b"]) assertEquals(isRoomAlias(id), false);
});

Deno.test("isRoomID() and isEventID() want no server", () => {
  for (const id of ["!room:example.org", "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"]) {
    assertEquals(isRoomID(id), true);
    assertEquals(isEventID(id.replace("!", "$")), true);
  }
  for (const id of [...NONE, "#a:b", `!${"a".repeat(255)}`]) assertEquals(isRoomID(id), false);
  for (const id of [...NONE, "!a:b", `$${"a".repeat(255)}`]) assertEquals(isEventID(id), false);
});

Deno.test("isContentURI() wants a server and one segment", () => {
  for (const uri of ["mxc://example.org/a_B-1", "mxc://a:8448/b"]) assertEquals(isContentURI(uri), true);
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
  for (const uri of [...NONE, ...wrong]) assertEquals(isContentURI(uri), false);
});

Deno.test("parseKeyID() splits at the first colon", () => {
  assertEquals(parseKeyID("ed25519:ABC"), { algorithm: "ed25519", key_id: "ABC" });
  assertEquals(parseKeyID("ed25519:A:B"), { algorithm: "ed25519", key_id: "A:B" });
  assertEquals(parseKeyID(":"), { algorithm: "", key_id: "" });
  assertThrows(() => parseKeyID("ed25519"), SyntaxError, "Cannot parse key ID: it has no colon");
});

Deno.test("makeKeyID() is undone by parseKeyID()", () => {
  const id = makeKeyID("signed_curve25519", "AAAA:B");
  assertEquals(id, "signed_curve25519:AAAA:B");
  assertEquals(parseKeyID(id), { algorithm: "signed_curve25519", key_id: "AAAA:B" });
  assertThrows(() => makeKeyID("a:b", "c"), SyntaxError, "Cannot make key ID: its algorithm has a colon");
});
