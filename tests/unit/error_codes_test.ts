import { assert, assertEquals, assertFalse, assertInstanceOf, assertThrows } from "@std/assert";
import * as codes from "../../http/errors/codes.ts";
import { makeRequestError, registerErrorCode, type RequestErrorClass } from "../../http/response.ts";
import { MatrixUIARequired, MatrixUnknownRequestError } from "../../http/errors/base.ts";
import { FURTHER, STANDARD } from "../support/error_codes.ts";
import * as errors from "../../http/errors/base.ts";

const METHOD = "POST";
const PATH = "/_matrix/client/v3/join/!a%3Ab";
const UNSTABLE_FIELD = "org.matrix.msc3848.unstable.errcode";

Deno.test("makeRequestError() creates the class of each error code of the contract and the specification", () => {
  for (const [code, name] of [...STANDARD, ...FURTHER]) {
    const error = makeRequestError({ status: 418, body: { errcode: code, error: "No" } });
    assertEquals(error.constructor, (codes as Record<string, unknown>)[name]);
    assertEquals(error.name, name);
    assertEquals(error.errcode, code);
    assertEquals(error.status, 418);
    assertEquals(error.serverMessage, "No");
  }
});

Deno.test("makeRequestError() prefers MSC3848's unstable code to errcode", () => {
  for (const name of ["ALREADY_JOINED", "NOT_JOINED", "INSUFFICIENT_POWER"]) {
    const body = { errcode: "M_FORBIDDEN", error: "No", [UNSTABLE_FIELD]: `ORG.MATRIX.MSC3848.${name}` };
    const error = makeRequestError({ status: 403, body });
    assertInstanceOf(error, codes.MForbidden);
    assertEquals(error.errcode, `M_${name}`);
    assertEquals(error.body?.errcode, "M_FORBIDDEN");
    assertEquals(error.message, `M_${name} 403: No`);
  }
});

Deno.test("makeRequestError() reads MSC3848's unstable code without error and errcode", () => {
  const code = "ORG.MATRIX.MSC3848.NOT_JOINED";
  assertInstanceOf(
    makeRequestError({ status: 403, body: { errcode: "M_FORBIDDEN", [UNSTABLE_FIELD]: code } }),
    codes.MNotJoined,
  );
  assertInstanceOf(makeRequestError({ status: 403, body: { [UNSTABLE_FIELD]: code } }), codes.MNotJoined);
});

Deno.test("makeRequestError() reads errcode if the unstable code is unknown", () => {
  for (const unstable of ["ORG.MATRIX.MSC3848.OTHER", "M_NOT_FOUND", "constructor", 1, null, {}]) {
    const error = makeRequestError({
      status: 403,
      body: { errcode: "M_FORBIDDEN", [UNSTABLE_FIELD]: unstable },
    });
    assertEquals(error.constructor, codes.MForbidden);
  }
});

Deno.test("makeRequestError() reads errcode without error", () => {
  const error = makeRequestError({
    status: 404,
    body: { errcode: "M_NOT_FOUND" },
    method: METHOD,
    path: PATH,
  });
  assertInstanceOf(error, codes.MNotFound);
  assertEquals(error.serverMessage, undefined);
  assertEquals(error.message, `Cannot POST ${PATH}: M_NOT_FOUND 404`);
});

Deno.test("makeRequestError() prefers the errcode of init to that of the body", () => {
  const error = makeRequestError({ status: 404, errcode: "M_NOT_FOUND", body: { errcode: "M_UNKNOWN" } });
  assertInstanceOf(error, codes.MNotFound);
});

Deno.test("makeRequestError() creates MatrixUnknownRequestError for unknown codes", () => {
  for (const errcode of ["M_SOMETHING_NEW", "constructor", "__proto__", "toString", "hasOwnProperty"]) {
    const body = JSON.parse(`{"errcode": "${errcode}", "error": "No", "__proto__": {"status": 1}}`);
    const error = makeRequestError({ status: 400, body });
    assertEquals(error.constructor, MatrixUnknownRequestError);
    assertEquals(error.errcode, errcode);
    assertEquals(error.status, 400);
    assertEquals(error.message, `${errcode} 400: No`);
  }
});

Deno.test("makeRequestError() creates MatrixUnknownRequestError without errcode for any status", () => {
  for (const status of [302, 400, 401, 403, 404, 413, 429, 500, 502]) {
    const error = makeRequestError({ status, body: { error: "No" } });
    assertEquals(error.constructor, MatrixUnknownRequestError);
    assertEquals(error.errcode, undefined);
    assertEquals(error.message, `${status}: No`);
  }
});

Deno.test("makeRequestError() ignores errcode and error of wrong types", () => {
  for (const value of [null, 1, true, "", [], {}, ["M_FORBIDDEN"]]) {
    const error = makeRequestError({ status: 400, body: { errcode: value, error: value } });
    assertEquals(error.constructor, MatrixUnknownRequestError);
    assertEquals(error.errcode, undefined);
    assertEquals(error.message, "400");
  }
});

Deno.test("makeRequestError() accepts bodies that are not JSON objects", () => {
  for (const body of [null, 1, "M_FORBIDDEN", true, [], [{ errcode: "M_FORBIDDEN" }], undefined]) {
    const text = JSON.stringify(body) ?? "";
    const error = makeRequestError({ status: 400, body, text });
    assertEquals(error.constructor, MatrixUnknownRequestError);
    assertEquals(error.body, undefined);
    assertEquals(error.text ?? "", text);
  }
});

Deno.test("makeRequestError() writes action, code, status and the server's message", () => {
  const body = { errcode: "M_FORBIDDEN", error: "You are banned" };
  assertEquals(
    makeRequestError({ status: 403, body, method: METHOD, path: PATH }).message,
    "Cannot POST /_matrix/client/v3/join/!a%3Ab: M_FORBIDDEN 403: You are banned",
  );
  assertEquals(makeRequestError({ status: 403, body }).message, "M_FORBIDDEN 403: You are banned");
});

Deno.test("makeRequestError() writes the beginning of a text, as one line", () => {
  const text = `<html>\r\n<h1>502\tBad\u0000\u001b[31m Gateway\u2028</h1>\u202e${"x".repeat(1000)}`;
  const { message } = makeRequestError({ status: 502, text, method: "GET", path: "/x" });
  assert(message.startsWith("Cannot GET /x: 502: <html> <h1>502 Bad [31m Gateway </h1> xxx"), message);
  assert(message.length <= "Cannot GET /x: 502: ".length + 200);
  assertEquals(
    makeRequestError({ status: 502, text: "", method: "GET", path: "/x" }).message,
    "Cannot GET /x: 502",
  );
});

Deno.test("makeRequestError() truncates the server's text and removes control characters", () => {
  const body = { errcode: `M_${"A\n".repeat(40_000)}`, error: `\ud800${"b\n".repeat(40_000)}` };
  const error = makeRequestError({ status: 400, body });
  assert(error.message.length < 700, String(error.message.length));
  // deno-lint-ignore no-control-regex
  assertFalse(/[\u0000-\u001f\u007f-\u009f]|\p{Cs}/u.test(error.message));
  assertEquals(error.serverMessage, body.error);
});

Deno.test("makeRequestError() creates MatrixUIARequired for 401 with flows", () => {
  const body = {
    session: "xyz",
    flows: [{ stages: ["m.login.password"] }, { stages: ["m.login.email.identity", "m.login.dummy"] }],
    params: { "m.login.terms": { policies: {} } },
    completed: ["m.login.email.identity"],
  };
  const error = makeRequestError({
    status: 401,
    body,
    method: METHOD,
    path: "/_matrix/client/v3/delete_devices",
  });
  assertInstanceOf(error, MatrixUIARequired);
  assertEquals(error.name, "MatrixUIARequired");
  assertEquals(error.errcode, undefined);
  assertEquals(error.session, "xyz");
  assertEquals(error.flows, body.flows);
  assertEquals(error.params, body.params);
  assertEquals(error.completed, body.completed);
  assertEquals(error.message, "Cannot POST /_matrix/client/v3/delete_devices: 401");
});

Deno.test("makeRequestError() creates MatrixUIARequired with the errcode for 401 with flows and errcode", () => {
  const body = {
    errcode: "M_FORBIDDEN",
    error: "Invalid password",
    flows: [{ stages: ["m.login.password"] }],
  };
  const error = makeRequestError({ status: 401, body });
  assertInstanceOf(error, MatrixUIARequired);
  assertEquals(error.errcode, "M_FORBIDDEN");
  assertEquals(error.serverMessage, "Invalid password");
  assertEquals(error.message, "M_FORBIDDEN 401: Invalid password");
});

Deno.test("makeRequestError() returns MatrixUIARequired only for 401 with an array of flows", () => {
  const flows = [{ stages: ["m.login.password"] }];
  assertEquals(makeRequestError({ status: 400, body: { flows } }).constructor, MatrixUnknownRequestError);
  assertEquals(makeRequestError({ status: 401, body: { flows: {} } }).constructor, MatrixUnknownRequestError);
  assertEquals(
    makeRequestError({ status: 401, body: { errcode: "M_UNKNOWN_TOKEN" } }).constructor,
    codes.MUnknownToken,
  );
});

Deno.test("MUnknownToken.softLogout and MUserLocked.softLogout are read from the body", () => {
  for (const type of [codes.MUnknownToken, codes.MUserLocked]) {
    const { errcode } = type;
    const softLogout = (soft_logout?: unknown) => {
      const error = makeRequestError({ status: 401, body: { errcode, soft_logout } });
      assertInstanceOf(error, type);
      return error.softLogout;
    };
    assertEquals([softLogout(true), softLogout(false), softLogout(), softLogout("true"), softLogout(1)], [
      true,
      false,
      false,
      false,
      false,
    ]);
  }
});

Deno.test("Request errors have the data of their error codes as fields", () => {
  const rows: [string, Record<string, unknown>, Record<string, unknown>][] = [
    ["M_RESOURCE_LIMIT_EXCEEDED", { admin_contact: "mailto:a@b.c", limit_type: "monthly_active_user" }, {
      adminContact: "mailto:a@b.c",
      limitType: "monthly_active_user",
    }],
    ["M_INCOMPATIBLE_ROOM_VERSION", { room_version: "12" }, { roomVersion: "12" }],
    ["M_WRONG_ROOM_KEYS_VERSION", { current_version: "42" }, { currentVersion: "42" }],
    ["M_BAD_STATUS", { status: 401, body: "No" }, { serviceStatus: 401, serviceText: "No" }],
    ["M_USER_LIMIT_EXCEEDED", { info_uri: "https://b.c/", can_upgrade: true }, {
      infoUri: "https://b.c/",
      canUpgrade: true,
    }],
  ];
  for (const [errcode, data, fields] of rows) {
    const good = makeRequestError({ status: 400, body: { errcode, ...data } });
    const wrong = Object.fromEntries(Object.keys(data).map((key) => [key, ["wrong"]]));
    const bad = makeRequestError({ status: 400, body: { errcode, ...wrong } });
    const none = new (good.constructor as RequestErrorClass)("a", { status: 400 });
    for (const [field, value] of Object.entries(fields)) {
      const missing = value === true ? false : undefined;
      assertEquals(Reflect.get(good, field), value, field);
      assertEquals(Reflect.get(bad, field), missing, field);
      assertEquals(Reflect.get(none, field), missing, field);
    }
    assertEquals(good.status, 400);
  }
});

Deno.test("registerErrorCode() adds a class for a code and for its unstable code", () => {
  class QuotaError extends errors.MatrixStandardRequestError {
    static override readonly errcode: string = "COM.EXAMPLE_QUOTA";
  }
  registerErrorCode("COM.EXAMPLE_QUOTA", QuotaError, "COM.EXAMPLE.UNSTABLE_QUOTA");
  const stable = makeRequestError({ status: 403, body: { errcode: "COM.EXAMPLE_QUOTA", error: "Full" } });
  assertEquals(stable.constructor, QuotaError);
  assertEquals([stable.name, stable.errcode], ["QuotaError", "COM.EXAMPLE_QUOTA"]);
  const body = { errcode: "M_FORBIDDEN", [UNSTABLE_FIELD]: "COM.EXAMPLE.UNSTABLE_QUOTA" };
  assertEquals(makeRequestError({ status: 403, body }).constructor, QuotaError);
});

Deno.test("registerErrorCode() replaces a class", () => {
  class OwnExclusive extends codes.MExclusive {}
  registerErrorCode("M_EXCLUSIVE", OwnExclusive);
  try {
    const error = makeRequestError({ status: 400, body: { errcode: "M_EXCLUSIVE" } });
    assertEquals([error.constructor, error.name, error.errcode], [
      OwnExclusive,
      "OwnExclusive",
      "M_EXCLUSIVE",
    ]);
  } finally {
    registerErrorCode("M_EXCLUSIVE", codes.MExclusive);
  }
});

Deno.test("registerErrorCode() accepts a class without a code of its own", () => {
  class Teapot extends errors.MatrixRequestError {}
  registerErrorCode("COM.EXAMPLE_TEAPOT", Teapot);
  const error = makeRequestError({ status: 418, body: { errcode: "COM.EXAMPLE_TEAPOT" } });
  assertEquals([error.constructor, error.errcode], [Teapot, "COM.EXAMPLE_TEAPOT"]);
});

Deno.test("registerErrorCode() rejects an empty code", () => {
  assertThrows(() => registerErrorCode("", codes.MForbidden), TypeError, "Cannot register error code");
});
