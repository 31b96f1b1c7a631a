import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import {
  matrixToUrl,
  type MatrixURI,
  matrixUri,
  MatrixURIError,
  parseMatrixUri,
  tryParseMatrixUri,
} from "../../types/identifiers.ts";

/** Links, the same in both forms. */
const links: [link: MatrixURI, matrixTo: string, matrix: string][] = [
  [{ userId: "@alice:example.org" }, "%40alice%3Aexample.org", "u/alice:example.org"],
  [
    { userId: "@alice:example.org", action: "chat" },
    "%40alice%3Aexample.org?action=chat",
    "u/alice:example.org?action=chat",
  ],
  [{ roomAlias: "#somewhere:example.org" }, "%23somewhere%3Aexample.org", "r/somewhere:example.org"],
  [
    { roomId: "!somewhere:example.org", via: ["elsewhere.ca", "[::1]:8448"], action: "join" },
    "!somewhere%3Aexample.org?via=elsewhere.ca&via=%5B%3A%3A1%5D%3A8448&action=join",
    "roomid/somewhere:example.org?via=elsewhere.ca&via=%5B%3A%3A1%5D%3A8448&action=join",
  ],
  [{ roomId: "!opaque" }, "!opaque", "roomid/opaque"],
  [{ roomId: "!a:b", eventId: "$event" }, "!a%3Ab/%24event", "roomid/a:b/e/event"],
  [{ roomId: "!a/b:c", eventId: "$x/y+z=" }, "!a%2Fb%3Ac/%24x%2Fy%2Bz%3D", "roomid/a%2Fb:c/e/x%2Fy%2Bz%3D"],
  [{ roomAlias: "#a:b", eventId: "$event" }, "%23a%3Ab/%24event", "r/a:b/e/event"],
  [{ roomAlias: "#ä ?#%&:b" }, "%23%C3%A4%20%3F%23%25%26%3Ab", "r/%C3%A4%20%3F%23%25%26:b"],
];

Deno.test("matrixToUrl() and matrixUri() write links", () => {
  for (const [link, matrixTo, matrix] of links) {
    assertEquals(matrixToUrl(link), `https://matrix.to/#/${matrixTo}`);
    assertEquals(matrixUri(link), `matrix:${matrix}`);
  }
});

Deno.test("parseMatrixUri() reads what was written", () => {
  for (const [link, matrixTo, matrix] of links) {
    assertEquals(parseMatrixUri(`https://matrix.to/#/${matrixTo}`), link);
    assertEquals(parseMatrixUri(`matrix:${matrix}`), link);
    assertEquals(parseMatrixUri(new URL(`https://matrix.to/#/${matrixTo}`)), link);
    assertEquals(parseMatrixUri(new URL(`matrix:${matrix}`)), link);
  }
});

Deno.test("parseMatrixUri() reads what others have written", () => {
  const read: [uri: string, link: MatrixURI][] = [
    ["https://matrix.to/#/#a:b", { roomAlias: "#a:b" }],
    ["https://matrix.to/#/@a:b", { userId: "@a:b" }],
    ["HTTPS://MATRIX.TO/#/@a:b/", { userId: "@a:b" }],
    ["https://matrix.to/#/!a:b/$x/y+z?via=c", { roomId: "!a:b", eventId: "$x/y+z", via: ["c"] }],
    ["https://matrix.to/#/!a:b/$e/", { roomId: "!a:b", eventId: "$e" }],
    ["https://matrix.to/#/!a:b?via=&action=&x=y", { roomId: "!a:b" }],
    ["https://matrix.to/#/!a:b?action=join", { roomId: "!a:b", action: "join" }],
    ["MATRIX:u/a:b", { userId: "@a:b" }],
    ["matrix:u/a%3Ab#fragment", { userId: "@a:b" }],
    ["matrix://authority/u/a:b", { userId: "@a:b" }],
    ["matrix:user/a:b", { userId: "@a:b" }],
    ["matrix:room/a:b", { roomAlias: "#a:b" }],
    ["matrix:roomid/a:b/event/c", { roomId: "!a:b", eventId: "$c" }],
    ["matrix:roomid/a:b?action=org.example.x", { roomId: "!a:b", action: "org.example.x" }],
  ];
  for (const [uri, link] of read) assertEquals(parseMatrixUri(uri), link, uri);
});

Deno.test("parseMatrixUri() refuses what is malformed", () => {
  const malformed: unknown[] = [
    "",
    " ",
    "matrix:",
    "matrix:u",
    "matrix:u/",
    "matrix:/u/a:b",
    "matrix:u/a",
    "matrix:x/a:b",
    "matrix:U/a:b",
    "matrix:constructor/a:b",
    "matrix:e/event",
    "matrix:r/a",
    "matrix:u/a:b/e/event",
    "matrix:roomid/a:b/e",
    "matrix:roomid/a:b/x/event",
    "matrix:u/%:b",
    "matrix:u/%ff:b",
    "matrix://u/a:b",
    "http://matrix.to/#/@a:b",
    "https://www.matrix.to/#/@a:b",
    "https://matrix.to.example.org/#/@a:b",
    "https://matrix.to/@a:b",
    "https://matrix.to/#@a:b",
    "https://matrix.to/?x#/@a:b",
    "https://matrix.to/#/",
    "https://matrix.to/#//",
    "https://matrix.to/#/$event",
    "https://matrix.to/#/+group:b",
    "https://matrix.to/#/@a:b/$event",
    "https://matrix.to/#/!a:b/event",
    "https://matrix.to/#/!",
    "https://matrix.to/#/@a",
    "https://matrix.to/#/@a:",
    "https://matrix.to/#/%40a%3Ab%",
    `https://matrix.to/#/@${"a".repeat(255)}:b`,
    undefined,
    null,
    5,
    {},
    Symbol.iterator,
    Object.create(null),
  ];
  for (const uri of malformed) {
    const text = typeof uri === "object" ? JSON.stringify(uri) : String(uri);
    assertEquals(tryParseMatrixUri(uri as string), undefined, text);
    assertThrows(() => parseMatrixUri(uri as string), MatrixURIError, "Cannot parse Matrix URI");
  }
});

Deno.test("matrixUri() throws if the link has no single valid target", () => {
  const malformed = [
    {},
    { eventId: "$e" },
    { userId: "alice" },
    { userId: "" },
    { roomId: "!" },
    { userId: "@a:b", eventId: "$e" },
    { userId: "@a:b", roomId: "!a:b" },
    { roomId: "!a:b", roomAlias: "#a:b" },
    { roomId: "!a:b", eventId: "e" },
    { roomId: "!a:b", eventId: "" },
    { roomId: 5 },
    { roomId: "!\ud800" },
    { roomId: "!a", via: ["\ud800"] },
  ] as unknown as MatrixURI[];
  for (const link of malformed) {
    assertThrows(() => matrixUri(link), MatrixURIError, "Cannot write Matrix URI");
    assertThrows(() => matrixToUrl(link), MatrixURIError, "Cannot write Matrix URI");
  }
});

Deno.test("matrixUri() treats null as not given", () => {
  const link = { roomId: "!a", userId: null, eventId: null, via: null, action: null } as unknown as MatrixURI;
  assertEquals(matrixUri(link), "matrix:roomid/a");
});

Deno.test("MatrixURIError is a SyntaxError with its own name", () => {
  const error = assertThrows(() => parseMatrixUri("mailto:x"), MatrixURIError);
  assertInstanceOf(error, SyntaxError);
  assertEquals(error.name, "MatrixURIError");
});

Deno.test("parseMatrixUri() is fast on long texts", () => {
  for (const part of ["/", "a/", "%2F", "?", "#", "a"]) {
    for (const start of ["matrix:u/", "matrix://", "https://matrix.to/#/"]) {
      assertEquals(tryParseMatrixUri(start + part.repeat(50_000)), undefined);
    }
  }
});
