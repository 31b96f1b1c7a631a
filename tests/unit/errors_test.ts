import { assert, assertEquals, assertFalse, assertInstanceOf } from "@std/assert";
import * as codes from "../../http/errors/codes.ts";
import { makeRequestError } from "../../http/response.ts";
import { type MatrixRequestError, MatrixUIARequired } from "../../http/errors/base.ts";
import { FURTHER, STANDARD } from "../support/error_codes.ts";
import * as errors from "../../http/errors/base.ts";

type ErrorClass = typeof MatrixRequestError;

const METHOD = "POST";
const PATH = "/_matrix/client/v3/join/!a%3Ab";

/** All error classes, by the name of their export. */
const classes = Object.entries({ ...errors, ...codes }).filter(
  (entry): entry is [string, ErrorClass] =>
    typeof entry[1] === "function" &&
    (entry[1] === errors.MatrixError || entry[1].prototype instanceof errors.MatrixError),
);

/** The classes with an error code. */
const codeClasses = classes.filter(([, type]) => Object.hasOwn(type, "errcode"));

/** Returns everything that a program may print of an error. */
function shown(error: Error): string {
  return [String(error), error.stack, JSON.stringify(error), Object.entries(error).flat().join()].join("\n");
}

/** The tree, as `child → parent`. */
const TREE: Record<string, string> = {
  MatrixError: "Error",
  MatrixConnectionError: "MatrixError",
  MatrixTimeoutError: "MatrixConnectionError",
  MatrixResponseError: "MatrixError",
  IntentError: "MatrixError",
  FileTooLargeError: "MatrixError",
  WellKnownError: "MatrixResponseError",
  WellKnownUnexpectedStatus: "WellKnownError",
  WellKnownNotJSON: "WellKnownError",
  WellKnownMissingHomeserver: "WellKnownError",
  WellKnownNotURL: "WellKnownError",
  WellKnownUnsupportedScheme: "WellKnownError",
  WellKnownInvalidVersionsResponse: "WellKnownError",
  MatrixRequestError: "MatrixError",
  MatrixUIARequired: "MatrixRequestError",
  MatrixOAuthError: "MatrixRequestError",
  MatrixUnknownRequestError: "MatrixRequestError",
  MatrixStandardRequestError: "MatrixRequestError",
  MatrixInvalidToken: "MatrixStandardRequestError",
  MatrixBadRequest: "MatrixStandardRequestError",
  MatrixBadContent: "MatrixBadRequest",
  CryptoError: "MatrixError",
  EncryptionError: "CryptoError",
  DeviceValidationError: "EncryptionError",
  SessionShareError: "CryptoError",
  DecryptionError: "CryptoError",
  MatchingSessionDecryptionError: "DecryptionError",
  GroupSessionWithheldError: "DecryptionError",
  SessionNotFound: "DecryptionError",
  DuplicateMessageIndex: "DecryptionError",
  VerificationError: "DecryptionError",
  DecryptedPayloadError: "DecryptionError",
  MismatchingRoomError: "DecryptionError",
};

Deno.test("MatrixError has the class tree of the contract", () => {
  const parents = { ...TREE };
  for (const [, name, parent] of STANDARD) parents[name] = parent;
  for (const [, name] of FURTHER) parents[name] = "MatrixStandardRequestError";
  const found: Record<string, string> = {};
  for (const [name, type] of classes) {
    const parent = Object.getPrototypeOf(type);
    found[name] = classes.find(([, other]) => other === parent)?.[0] ?? parent.name;
  }
  assertEquals(found, parents);
});

Deno.test("MatrixError.name is the name of the class in minified code, too", () => {
  assertEquals(codeClasses.length, STANDARD.length + FURTHER.length);
  for (const [name, type] of classes) {
    // A static field would not load where class fields are assigned: the name of a function is read-only.
    const isGetter = Object.getOwnPropertyDescriptor(type, "name")?.get !== undefined;
    assert(isGetter || Object.hasOwn(type, "errcode"), `${name} takes its name from the code`);
    if (isGetter) assertEquals(type.name, name);
    else Object.defineProperty(type, "name", { value: "e" });
    try {
      const error = Reflect.construct(type, ["", { status: 400 }]);
      assertEquals(error.name, name);
      assertFalse(Object.prototype.propertyIsEnumerable.call(error, "name"));
    } finally {
      if (!isGetter) Object.defineProperty(type, "name", { value: name });
    }
  }
});

Deno.test("MatrixError.name is in the stack and in String()", () => {
  const error = makeRequestError({ status: 403, body: { errcode: "M_FORBIDDEN", error: "No" } });
  assertEquals(String(error), "MForbidden: M_FORBIDDEN 403: No");
  assertEquals(error.stack?.split("\n")[0], "MForbidden: M_FORBIDDEN 403: No");
});

Deno.test("MatrixError.name of a subclass is its own, and can be set", () => {
  class OwnError extends errors.MatrixError {}
  class OwnForbidden extends codes.MForbidden {}
  class Renamed extends errors.MatrixError {
    constructor(message: string) {
      super(message);
      this.name = "OtherName";
    }
  }
  assertEquals(new OwnError("a").name, "OwnError");
  assertEquals(new OwnForbidden("a", { status: 403 }).name, "OwnForbidden");
  assertEquals(new OwnForbidden("a", { status: 403 }).errcode, "M_FORBIDDEN");
  assertEquals(String(new Renamed("a")), "OtherName: a");
});

Deno.test("MatrixError keeps its cause", () => {
  const cause = new TypeError("connection reset");
  assertEquals(new errors.MatrixConnectionError("Cannot GET /x: no response", { cause }).cause, cause);
  assertEquals(makeRequestError({ status: 500, cause }).cause, cause);
  assertFalse("cause" in makeRequestError({ status: 500 }));
  assertFalse("cause" in new errors.MatrixError("a"));
});

Deno.test("MatrixError.toJSON() returns name, message and fields, neither stack nor cause", () => {
  const cause = new Error("inner");
  assertEquals(JSON.parse(JSON.stringify(new errors.MatrixTimeoutError("Cannot GET /x: late", { cause }))), {
    name: "MatrixTimeoutError",
    message: "Cannot GET /x: late",
  });
  assertEquals(JSON.parse(JSON.stringify(new errors.FileTooLargeError(1024))), {
    name: "FileTooLargeError",
    message: "Cannot transfer file: larger than 1024 bytes",
    maxSize: 1024,
  });
});

Deno.test("WellKnownError classes have the messages of the contract", () => {
  const unexpected = new errors.WellKnownUnexpectedStatus(418);
  const unsupported = new errors.WellKnownUnsupportedScheme("ftp");
  assertEquals(unexpected.message, "Unexpected status code 418 when fetching .well-known file");
  assertEquals(unexpected.status, 418);
  assertEquals(unsupported.message, "URL in .well-known response has unsupported scheme ftp");
  assertEquals(unsupported.scheme, "ftp");
  assertEquals(new errors.WellKnownNotJSON().message, ".well-known response was not JSON");
  assertEquals(
    new errors.WellKnownMissingHomeserver().message,
    "No homeserver found in .well-known response",
  );
  assertEquals(
    new errors.WellKnownNotURL().message,
    "Homeserver base URL in .well-known response was not a valid URL",
  );
  assertEquals(
    new errors.WellKnownInvalidVersionsResponse().message,
    "URL in .well-known response didn't respond to versions endpoint properly",
  );
  const cause = new Error("inner");
  assertEquals(new errors.WellKnownNotURL({ cause }).cause, cause);
});

Deno.test("CryptoError classes have the messages and fields of the contract", () => {
  const withheld = new errors.GroupSessionWithheldError("abc", "m.unverified");
  const notFound = new errors.SessionNotFound("abc", "key");
  assertEquals(withheld.message, "Session ID abc was withheld (m.unverified)");
  assertEquals([withheld.sessionId, withheld.withheldCode], ["abc", "m.unverified"]);
  assertEquals(notFound.message, "Failed to decrypt megolm event: no session with given ID abc found");
  assertEquals([notFound.sessionId, notFound.senderKey], ["abc", "key"]);
  assertEquals(notFound.humanMessage, "the bridge hasn't received the decryption keys");
  assertEquals(withheld.humanMessage, "the bridge failed to decrypt the message");
  assertEquals(new errors.DuplicateMessageIndex().message, "Duplicate message index");
  assertEquals(
    new errors.VerificationError().message,
    "Device keys in session and cached device info do not match",
  );
  assertEquals(
    new errors.MismatchingRoomError().message,
    "Encrypted megolm event is not intended for this room",
  );
});

Deno.test("MatrixUIARequired ignores malformed fields", () => {
  const body = {
    session: 1,
    flows: [null, 1, "a", [], {}, { stages: "m.login.dummy" }, { stages: [1] }, {
      stages: ["m.login.dummy"],
    }],
    params: [],
    completed: ["a", 1, null],
  };
  const error = makeRequestError({ status: 401, body });
  assertInstanceOf(error, MatrixUIARequired);
  assertEquals(error.session, undefined);
  assertEquals(error.flows, [{ stages: ["m.login.dummy"] }]);
  assertEquals(error.params, {});
  assertEquals(error.completed, ["a"]);
  const empty = new MatrixUIARequired("a", { status: 401 });
  assertEquals([empty.flows, empty.params, empty.completed, empty.session], [[], {}, [], undefined]);
});

Deno.test("MatrixRequestError has only the fields that are set", () => {
  const body = { errcode: "M_LIMIT_EXCEEDED", error: "Slow down", retry_after_ms: 1500 };
  const error = makeRequestError({
    status: 429,
    body,
    text: "{…}",
    retryAfter: 1500,
    method: METHOD,
    path: PATH,
  });
  assertEquals({ ...error }, {
    status: 429,
    errcode: "M_LIMIT_EXCEEDED",
    body,
    retryAfter: 1500,
    method: METHOD,
    path: PATH,
  });
  assertEquals(error.text, undefined);
  assertEquals(Object.keys(makeRequestError({ status: 502, text: "Bad" })), ["status", "text"]);
});

Deno.test("MatrixRequestError.toJSON() returns name, message and all fields", () => {
  const body = { errcode: "M_FORBIDDEN", error: "You are banned" };
  const error = makeRequestError({ status: 403, body, method: METHOD, path: PATH });
  assertEquals(JSON.parse(JSON.stringify(error)), {
    name: "MForbidden",
    message: `Cannot POST ${PATH}: M_FORBIDDEN 403: You are banned`,
    status: 403,
    errcode: "M_FORBIDDEN",
    body,
    method: METHOD,
    path: PATH,
  });
});

Deno.test("MatrixRequestError shows no query", () => {
  for (const path of ["/x?access_token=secret", "/x#secret", "/x?a=1\nsecret"]) {
    const error = makeRequestError({ status: 403, body: { errcode: "M_FORBIDDEN" }, method: "GET", path });
    assertEquals(error.path, "/x");
    assertFalse(shown(error).includes("secret"));
  }
});

Deno.test("MatrixRequestError keeps at most 1 KiB of text, in whole characters", () => {
  const size = (text = "") => new TextEncoder().encode(text).length;
  assertEquals(makeRequestError({ status: 500, text: "a".repeat(70_000) }).text, "a".repeat(1024));
  assertEquals(makeRequestError({ status: 500, text: "short" }).text, "short");
  const emoji = makeRequestError({ status: 500, text: `a${"😀".repeat(1000)}` }).text;
  assertEquals(emoji, `a${"😀".repeat(255)}`);
  assert(size(emoji) <= 1024);
  assert(size(makeRequestError({ status: 500, text: "é".repeat(1000) }).text) <= 1024);
});
