/**
 * The tree of errors: everything that goes wrong between a caller and the homeserver is a {@linkcode MatrixError}.
 *
 * @module
 */

import type { JsonObject, JsonValue } from "../../types/json.ts";
import { isDeep, isJsonObject, isString, stringField } from "../json_object.ts";

/** Most bytes of a body that was not JSON which an error keeps. */
const MAX_TEXT = 1024;

/**
 * Base of all errors that this library throws, wrong arguments and a caller's own cancellation excepted.
 *
 * @example Telling a refusal from a lost connection
 * ```ts
 * import { MatrixConnectionError, MatrixError, MatrixTimeoutError } from "@mtx/client/http";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const error = new MatrixTimeoutError("Cannot GET /_matrix/client/versions: no response within 60000 ms");
 *
 * assert(error instanceof MatrixConnectionError);
 * assert(error instanceof MatrixError);
 * assertEquals(error.name, "MatrixTimeoutError");
 * ```
 */
export class MatrixError extends Error {
  /** Name of the class, given here because minifiers change the one in the code. */
  static override readonly name: string = "MatrixError";

  /**
   * Makes an error.
   *
   * @param message What could not be done, and why.
   * @param options Its cause.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    // Some engines look for a name in the error itself only, others ask the prototype when they note the stack.
    const { name } = this;
    this.name = name;
  }

  /**
   * Name of the error's class, in minified code too. A subclass of your own has the name that it has in the code, or
   * that its static `name` gives it.
   */
  override get name(): string {
    const { errcode, name } = this.constructor as typeof MatrixRequestError;
    const standsForCode = Object.hasOwn(this.constructor, "errcode") && errcode?.startsWith("M_");
    return standsForCode ? className(errcode!) : name;
  }

  override set name(value: string) {
    Object.defineProperty(this, "name", { value, configurable: true, writable: true });
  }

  /**
   * What `JSON.stringify()` makes of the error.
   *
   * @returns Name, message, and the fields of its class that are known; neither stack nor cause.
   */
  toJSON(): JsonObject {
    const json: JsonObject = { name: this.name, message: this.message };
    return Object.assign(json, this);
  }
}

/** No answer came: the connection failed or broke. The `cause` is what `fetch` threw, or a copy of it without query and content. */
export class MatrixConnectionError extends MatrixError {
  /** Name of the class. */
  static override readonly name: string = "MatrixConnectionError";
}

/** No answer came in time. */
export class MatrixTimeoutError extends MatrixConnectionError {
  /** Name of the class. */
  static override readonly name: string = "MatrixTimeoutError";
}

/** An answer came that the specification does not allow: no JSON, or a field missing or of a wrong type. */
export class MatrixResponseError extends MatrixError {
  /** Name of the class. */
  static override readonly name: string = "MatrixResponseError";
}

/** An application service's user could not be brought into the state that an action needs. */
export class IntentError extends MatrixError {
  /** Name of the class. */
  static override readonly name: string = "IntentError";
}

/** A file is larger than was allowed. */
export class FileTooLargeError extends MatrixError {
  /** Name of the class. */
  static override readonly name: string = "FileTooLargeError";
  /** The most that was allowed, in bytes. */
  readonly maxSize: number;

  /**
   * Makes an error.
   *
   * @param maxSize The most that was allowed, in bytes.
   * @param options Its cause.
   */
  constructor(maxSize: number, options?: ErrorOptions) {
    super(`Cannot transfer file: larger than ${maxSize} bytes`, options);
    this.maxSize = maxSize;
  }
}

/** What is known of a request that the homeserver refused. */
export interface RequestErrorInit {
  /** HTTP status of the answer. */
  status: number;
  /** The server's error code, where it is not the `errcode` of `body`. */
  errcode?: string | undefined;
  /** The answer's body, if it was JSON. It is kept if it is an object. */
  body?: unknown;
  /** The answer's body as text. The first 1024 bytes are kept, unless `body` is. */
  text?: string | undefined;
  /** How long the server asks to wait before another try, in milliseconds. */
  retryAfter?: number | undefined;
  /** HTTP method of the request. */
  method?: string | undefined;
  /** Path of the request. A query is cut off. */
  path?: string | undefined;
  /** What brought the error about. */
  cause?: unknown;
}

/**
 * The homeserver said no. There is a class below this one for each error code that the specification names.
 *
 * The fields that are known are shown by `console.log()` and `JSON.stringify()`; none holds a token or a query.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#standard-error-response
 */
export class MatrixRequestError extends MatrixError {
  /** Name of the class. */
  static override readonly name: string = "MatrixRequestError";
  /** The error code that the class stands for, `undefined` where it stands for none or for several. */
  declare static readonly errcode: string | undefined;

  /** HTTP status of the answer. */
  declare readonly status: number;
  /** The error code: that of the class, else what the server sent, or `undefined`. */
  declare readonly errcode?: string;
  /** The answer's body as the server sent it, if it was a JSON object, nested at most 100 levels deep. */
  declare readonly body?: JsonObject;
  /** The first 1024 bytes of the answer's body, if it was no JSON object. */
  declare readonly text?: string;
  /** How long the server asks to wait before another try, in milliseconds. */
  declare readonly retryAfter?: number;
  /** HTTP method of the request. */
  declare readonly method?: string;
  /** Path of the request, without the query. */
  declare readonly path?: string;

  /**
   * Makes an error. `makeRequestError()` chooses the class and writes the message.
   *
   * @param message What could not be done, and why.
   * @param init What is known of the request and its answer.
   */
  constructor(message: string, init: RequestErrorInit) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    // What is nested too deeply cannot be shown: JSON.stringify() fails on some hosts.
    const body = isJsonObject(init.body) && !isDeep(init.body) ? init.body : undefined;
    const fields = {
      status: init.status,
      errcode: new.target.errcode ?? readErrcode(init),
      body,
      text: body ? undefined : init.text && truncate(init.text),
      retryAfter: init.retryAfter,
      method: init.method,
      path: init.path && withoutQuery(init.path),
    };
    // What is unknown is left out, so that it is not shown either.
    for (const [key, value] of Object.entries(fields)) {
      if (value !== undefined) Object.assign(this, { [key]: value });
    }
  }

  /** What the server said, for people to read: the `error` of its answer, or `undefined`. */
  get serverMessage(): string | undefined {
    return stringField(this.body, "error");
  }
}

/** The homeserver said no with an error code that has no class, or with none. */
export class MatrixUnknownRequestError extends MatrixRequestError {
  /** Name of the class. */
  static override readonly name: string = "MatrixUnknownRequestError";
}

/** The homeserver said no with an error code that has a class. */
export class MatrixStandardRequestError extends MatrixRequestError {
  /** Name of the class. */
  static override readonly name: string = "MatrixStandardRequestError";
}

/** The access token is missing, or the homeserver does not know it. */
export class MatrixInvalidToken extends MatrixStandardRequestError {
  /** Name of the class. */
  static override readonly name: string = "MatrixInvalidToken";
}

/** There is something wrong with the request itself. */
export class MatrixBadRequest extends MatrixStandardRequestError {
  /** Name of the class. */
  static override readonly name: string = "MatrixBadRequest";
}

/** There is something wrong with the request's body. */
export class MatrixBadContent extends MatrixBadRequest {
  /** Name of the class. */
  static override readonly name: string = "MatrixBadContent";
}

/**
 * Stages that together are one way to authenticate.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#user-interactive-api-in-the-rest-api
 */
export interface UIAFlow {
  /** Authentication types, in the order in which the server wants them. */
  stages: string[];
  /** What else the server says. */
  [key: string]: JsonValue | undefined;
}

/**
 * The homeserver wants the user to authenticate for this very request: 401 with `flows`. Also thrown when a stage has
 * failed; `errcode` and `serverMessage` then say why.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#user-interactive-authentication-api
 */
export class MatrixUIARequired extends MatrixRequestError {
  /** Name of the class. */
  static override readonly name: string = "MatrixUIARequired";

  /** The ways to authenticate, of which one is enough. */
  get flows(): UIAFlow[] {
    const { flows } = this.body ?? {};
    if (!Array.isArray(flows)) return [];
    return flows.filter((flow): flow is JsonObject & UIAFlow =>
      isJsonObject(flow) && Array.isArray(flow.stages) && flow.stages.every(isString)
    );
  }

  /** The session to name in the next try, or `undefined` where one stage is all it takes. */
  get session(): string | undefined {
    return stringField(this.body, "session");
  }

  /** What the client needs to know for the stages, by authentication type. */
  get params(): JsonObject {
    const { params } = this.body ?? {};
    return isJsonObject(params) ? params : {};
  }

  /** The stages completed so far. */
  get completed(): string[] {
    const { completed } = this.body ?? {};
    return Array.isArray(completed) ? completed.filter(isString) : [];
  }
}

/**
 * Finds the error code of an answer.
 *
 * @param init What is known of the answer.
 * @returns The code, or `undefined` if there is none that can be used.
 */
export function readErrcode(init: RequestErrorInit): string | undefined {
  return init.errcode || stringField(init.body, "errcode") || undefined;
}

/** `M_BAD_JSON` → `MBadJSON`. */
function className(errcode: string): string {
  return errcode.replace(
    /(?:^|_)([A-Z]+)/g,
    (_, word: string) => /^(?:JSON|URL)$/.test(word) ? word : word[0] + word.slice(1).toLowerCase(),
  );
}

/** Cuts by bytes, and never through a character. */
function truncate(text: string): string {
  return text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(MAX_TEXT)).read);
}

/**
 * Takes the query off a path.
 *
 * @param path The path.
 * @returns What comes before the query.
 */
export function withoutQuery(path: string): string {
  return path.replace(/[?#].*/s, "");
}
