/**
 * Error responses: from an error code to its class.
 *
 * @module
 */

import { isJsonObject, stringField } from "../../types/json.ts";
import {
  type MatrixRequestError,
  MatrixUIARequired,
  MatrixUnknownRequestError,
  readErrcode,
  type RequestErrorInit,
  withoutQuery,
} from "./base.ts";
import * as codes from "./codes.ts";

/** The field of the codes of MSC3848, which servers send beside an `errcode` that older clients know. */
const UNSTABLE_FIELD = "org.matrix.msc3848.unstable.errcode";

/** A class of errors that can represent an error code. */
export interface RequestErrorClass {
  /** The error code of the class. */
  readonly errcode: string | undefined;
  /** Creates an error. */
  new (message: string, init: RequestErrorInit): MatrixRequestError;
}

/** Maps error codes to classes. Maps, because `"constructor"` and `"__proto__"` are strings that a server may send. */
interface Tables {
  stable: Map<string, RequestErrorClass>;
  unstable: Map<string, RequestErrorClass>;
}

/** Created on first use, so that importing this module does nothing. */
let tables: Tables | undefined;

function getTables(): Tables {
  if (tables !== undefined) return tables;
  const { MAlreadyJoined, MNotJoined, MInsufficientPower } = codes;
  return tables = {
    stable: new Map(Object.values(codes).map((type) => [type.errcode, type])),
    unstable: new Map([MAlreadyJoined, MNotJoined, MInsufficientPower].map((type) => [
      type.errcode.replace("M_", "ORG.MATRIX.MSC3848."),
      type,
    ])),
  };
}

/**
 * Registers a class for an error code, in place of the class that the code has. Responses with the code are then thrown
 * as this class, by all clients of the program.
 *
 * @example Register an error code of your own server
 * ```ts
 * import { makeRequestError, MatrixStandardRequestError, registerErrorCode } from "@mtx/client/http";
 * import { assert, assertEquals } from "@std/assert";
 *
 * class QuotaError extends MatrixStandardRequestError {
 *   static override readonly errcode: string = "COM.EXAMPLE_QUOTA";
 * }
 * registerErrorCode("COM.EXAMPLE_QUOTA", QuotaError);
 *
 * const body = { errcode: "COM.EXAMPLE_QUOTA", error: "No room left" };
 * const error = makeRequestError({ status: 403, body, method: "POST", path: "/_matrix/client/v3/createRoom" });
 *
 * assert(error instanceof QuotaError);
 * assertEquals(
 *   error.message,
 *   "Cannot POST /_matrix/client/v3/createRoom: COM.EXAMPLE_QUOTA 403: No room left",
 * );
 * ```
 *
 * @param code The error code.
 * @param type The class. Its static `errcode` should be the code.
 * @param unstableCode The code that servers send as `org.matrix.msc3848.unstable.errcode` with the same meaning.
 * @throws {TypeError} If the code is not a non-empty string.
 */
export function registerErrorCode(code: string, type: RequestErrorClass, unstableCode?: string): void {
  if (typeof code !== "string" || !code) {
    throw new TypeError("Cannot register error code: it must be a non-empty string");
  }
  const { stable, unstable } = getTables();
  stable.set(code, type);
  if (unstableCode) unstable.set(unstableCode, type);
}

/**
 * Creates the error for an error response. A 401 response with `flows` is a {@linkcode MatrixUIARequired}, with any
 * error code. Otherwise the error code decides on the class, never the status.
 *
 * @example Usage
 * ```ts
 * import { makeRequestError, MForbidden } from "@mtx/client/http";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const body = { errcode: "M_FORBIDDEN", error: "You are banned" };
 * const error = makeRequestError({ status: 403, body, method: "POST", path: "/_matrix/client/v3/join/!a%3Ab" });
 *
 * assert(error instanceof MForbidden);
 * assertEquals(error.message, "Cannot POST /_matrix/client/v3/join/!a%3Ab: M_FORBIDDEN 403: You are banned");
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#standard-error-response
 * @param init The request and its response.
 * @returns The error, for the caller to throw.
 */
export function makeRequestError(init: RequestErrorInit): MatrixRequestError {
  const { body, method, path, status, text = "" } = init;
  const type = selectClass(init);
  const code = type.errcode ?? readErrcode(init);
  return new type(
    [
      method && path && `Cannot ${method} ${withoutQuery(path)}`,
      [code && oneLine(code, 100), status].filter(Boolean).join(" "),
      // The text of a MatrixUIARequired is JSON with the session in it.
      oneLine(stringField(body, "error") ?? "", 500) ||
      (type === MatrixUIARequired ? "" : oneLine(text, 200)),
    ].filter(Boolean).join(": "),
    init,
  );
}

function selectClass(init: RequestErrorInit): RequestErrorClass {
  const { body, status } = init;
  if (status === 401 && isJsonObject(body) && Array.isArray(body.flows)) return MatrixUIARequired;
  const { stable, unstable } = getTables();
  return unstable.get(stringField(body, UNSTABLE_FIELD) ?? "") ?? stable.get(readErrcode(init) ?? "") ??
    MatrixUnknownRequestError;
}

/** Returns the beginning of a server's text as one line without control characters, so that it cannot forge log lines. */
function oneLine(text: string, length: number): string {
  return text.slice(0, length).replace(/[\p{Cc}\p{Cs}\p{Z}\p{Bidi_C}]+/gu, " ").trim();
}
