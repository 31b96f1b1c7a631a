/**
 * Errors, except those of error codes. Everything that goes wrong between the caller and the homeserver is a
 * {@linkcode MatrixError}.
 *
 * The static `name` of each class is a getter: a static field cannot be assigned when the source is compiled with
 * `useDefineForClassFields: false`, because the `name` of a function is read-only.
 *
 * @module
 */

import {
  isDeep,
  isJsonObject,
  isString,
  type JsonObject,
  type JsonValue,
  stringField,
} from "../../types/json.ts";

/** Bytes of a body that is not JSON that an error keeps. */
const MAX_TEXT = 1024;

/**
 * The base class of all errors of this library, except for invalid arguments and the caller's own cancellation.
 *
 * @example Distinguish an error response from a lost connection
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
  /** The name of the class, which stays the same in minified code. */
  static override get name(): string {
    return "MatrixError";
  }

  /**
   * Creates an error.
   *
   * @param message The action that failed, and the reason.
   * @param options The cause.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    // Node shows an error's own name only, and V8 reads the prototype's name for the stack.
    const { name } = this;
    this.name = name;
  }

  /**
   * The name of the error's class, also in minified code. A subclass of your own has the name that it has in the code, or
   * that its static `name` returns.
   */
  override get name(): string {
    const { errcode, name } = this.constructor as typeof MatrixRequestError;
    const isCode = Object.hasOwn(this.constructor, "errcode") && errcode?.startsWith("M_");
    return isCode ? className(errcode!) : name;
  }

  override set name(value: string) {
    Object.defineProperty(this, "name", { value, configurable: true, writable: true });
  }

  /**
   * Returns the error as `JSON.stringify()` writes it.
   *
   * @returns The name, the message and the fields of the class that are set; neither stack nor cause.
   */
  toJSON(): JsonObject {
    const json: JsonObject = { name: this.name, message: this.message };
    return Object.assign(json, this);
  }
}

/**
 * Thrown if there is no complete response: the connection failed or was lost. The message names the host and the reason.
 * The `cause` is a copy of the error that `fetch` threw, without the query and without content.
 */
export class MatrixConnectionError extends MatrixError {
  /** The name of the class. */
  static override get name(): string {
    return "MatrixConnectionError";
  }
}

/** Thrown if there is no response within the deadline. */
export class MatrixTimeoutError extends MatrixConnectionError {
  /** The name of the class. */
  static override get name(): string {
    return "MatrixTimeoutError";
  }
}

/** Thrown if a response violates the specification: it is not JSON, or a field is missing or has a wrong type. */
export class MatrixResponseError extends MatrixError {
  /** The name of the class. */
  static override get name(): string {
    return "MatrixResponseError";
  }
}

/** Thrown if a user of an application service could not be brought into the state that an action needs. */
export class IntentError extends MatrixError {
  /** The name of the class. */
  static override get name(): string {
    return "IntentError";
  }
}

/** Thrown if a file is larger than the caller allows. */
export class FileTooLargeError extends MatrixError {
  /** The name of the class. */
  static override get name(): string {
    return "FileTooLargeError";
  }
  /** The largest size that is allowed, in bytes. */
  readonly maxSize: number;

  /**
   * Creates an error.
   *
   * @param maxSize The largest size that is allowed, in bytes.
   * @param options The cause.
   */
  constructor(maxSize: number, options?: ErrorOptions) {
    super(`Cannot transfer file: larger than ${maxSize} bytes`, options);
    this.maxSize = maxSize;
  }
}

/** An error response, and the request that led to it. */
export interface RequestErrorInit {
  /** The HTTP status of the response. */
  status: number;
  /** The server's error code, if it is not the `errcode` of `body`. */
  errcode?: string | undefined;
  /** The response's body, if it was JSON. Kept if it is an object. */
  body?: unknown;
  /** The response's body as text. Its first 1024 bytes are kept, unless `body` is. */
  text?: string | undefined;
  /** The time that the server asks to wait before the next attempt, in milliseconds. */
  retryAfter?: number | undefined;
  /** The HTTP method of the request. */
  method?: string | undefined;
  /** The path of the request. The query is removed. */
  path?: string | undefined;
  /** The cause of the error. */
  cause?: unknown;
}

/**
 * Thrown if the homeserver returns an error response. Each error code of the specification has a subclass.
 *
 * `console.log()` and `JSON.stringify()` show the fields that are set. None contains a token or a query.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#standard-error-response
 */
export class MatrixRequestError extends MatrixError {
  /** The name of the class. */
  static override get name(): string {
    return "MatrixRequestError";
  }
  /** The error code of the class; `undefined` if it has none or several. */
  declare static readonly errcode: string | undefined;

  /** The HTTP status of the response. */
  declare readonly status: number;
  /** The error code: the one of the class, else the one that the server sent, or `undefined`. */
  declare readonly errcode?: string;
  /** The response's body, unchanged, if it was a JSON object nested at most 100 levels deep. */
  declare readonly body?: JsonObject;
  /** The first 1024 bytes of the response's body, if it was not a JSON object. */
  declare readonly text?: string;
  /** The time that the server asks to wait before the next attempt, in milliseconds. */
  declare readonly retryAfter?: number;
  /** The HTTP method of the request. */
  declare readonly method?: string;
  /** The path of the request, without the query. */
  declare readonly path?: string;

  /**
   * Creates an error. `makeRequestError()` also chooses the class and writes the message.
   *
   * @param message The action that failed, and the reason.
   * @param init The request and its response.
   */
  constructor(message: string, init: RequestErrorInit) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
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
    // Fields that are not set would be shown as undefined.
    for (const [key, value] of Object.entries(fields)) {
      if (value !== undefined) Object.assign(this, { [key]: value });
    }
  }

  /** The server's own description of the error, the `error` of the response, or `undefined`. */
  get serverMessage(): string | undefined {
    return stringField(this.body, "error");
  }
}

/** Thrown if the homeserver returns an error response whose error code has no class, or without an error code. */
export class MatrixUnknownRequestError extends MatrixRequestError {
  /** The name of the class. */
  static override get name(): string {
    return "MatrixUnknownRequestError";
  }
}

/** Thrown if the homeserver returns an error response whose error code has a class. */
export class MatrixStandardRequestError extends MatrixRequestError {
  /** The name of the class. */
  static override get name(): string {
    return "MatrixStandardRequestError";
  }
}

/** Thrown if the access token is missing or invalid. */
export class MatrixInvalidToken extends MatrixStandardRequestError {
  /** The name of the class. */
  static override get name(): string {
    return "MatrixInvalidToken";
  }
}

/** Thrown if the homeserver considers the request invalid. */
export class MatrixBadRequest extends MatrixStandardRequestError {
  /** The name of the class. */
  static override get name(): string {
    return "MatrixBadRequest";
  }
}

/** Thrown if the homeserver considers the body of the request invalid. */
export class MatrixBadContent extends MatrixBadRequest {
  /** The name of the class. */
  static override get name(): string {
    return "MatrixBadContent";
  }
}

/**
 * A sequence of stages that completes an authentication.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#user-interactive-api-in-the-rest-api
 */
export interface UIAFlow {
  /** Authentication types, in the order in which the server requires them. */
  stages: string[];
  /** Further fields that the server sent. */
  [key: string]: JsonValue | undefined;
}

/**
 * Thrown if the homeserver requires the user to authenticate for this request: 401 with `flows`. Also thrown if a stage
 * failed; `errcode` and `serverMessage` then give the reason.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#user-interactive-authentication-api
 */
export class MatrixUIARequired extends MatrixRequestError {
  /** The name of the class. */
  static override get name(): string {
    return "MatrixUIARequired";
  }

  /** The flows that the server offers. Completing one is enough. */
  get flows(): UIAFlow[] {
    const { flows } = this.body ?? {};
    if (!Array.isArray(flows)) return [];
    return flows.filter((flow): flow is JsonObject & UIAFlow =>
      isJsonObject(flow) && Array.isArray(flow.stages) && flow.stages.every(isString)
    );
  }

  /** The session to pass in the next request, or `undefined` if one stage is enough. */
  get session(): string | undefined {
    return stringField(this.body, "session");
  }

  /** Parameters of the stages, by authentication type. */
  get params(): JsonObject {
    const { params } = this.body ?? {};
    return isJsonObject(params) ? params : {};
  }

  /** The stages that were completed. */
  get completed(): string[] {
    const { completed } = this.body ?? {};
    return Array.isArray(completed) ? completed.filter(isString) : [];
  }
}

/**
 * Returns the error code of a response.
 *
 * @param init The response.
 * @returns The code, or `undefined` if there is none, or it is not a non-empty string.
 */
export function readErrcode(init: RequestErrorInit): string | undefined {
  return init.errcode || stringField(init.body, "errcode") || undefined;
}

/** Converts `M_BAD_JSON` to `MBadJSON`. */
function className(errcode: string): string {
  return errcode.replace(
    /(?:^|_)([A-Z]+)/g,
    (_, word: string) => /^(?:JSON|URL)$/.test(word) ? word : word[0] + word.slice(1).toLowerCase(),
  );
}

/** Truncates by bytes, but not within a character. */
function truncate(text: string): string {
  return text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(MAX_TEXT)).read);
}

/**
 * Removes the query and the fragment from a path.
 *
 * @param path The path.
 * @returns The path before `?` or `#`.
 */
export function withoutQuery(path: string): string {
  return path.replace(/[?#].*/s, "");
}

/**
 * Thrown if an OAuth 2.0 authorization server refuses a request, or sends the user back with an error.
 *
 * `status` is 400 if the error came with the redirect to the client, which has no status of its own.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
export class MatrixOAuthError extends MatrixRequestError {
  /** The name of the class. */
  static override get name(): string {
    return "MatrixOAuthError";
  }

  /** The error code, such as `invalid_grant` or `access_denied`. */
  get error(): string {
    return stringField(this.body, "error") ?? "";
  }

  /** The server's explanation for developers, or `undefined`. */
  get errorDescription(): string | undefined {
    return stringField(this.body, "error_description");
  }

  /** A page about the error, or `undefined`. */
  get errorUri(): string | undefined {
    return stringField(this.body, "error_uri");
  }
}

/**
 * Returns the OAuth error that a 4xx response of an authorization server describes. A response with an `errcode` is
 * Matrix's own and describes none.
 *
 * @param error The error of the request.
 * @returns The OAuth error, or the same error if it is not one.
 */
export function asOAuthError(error: unknown): unknown {
  if (!(error instanceof MatrixRequestError) || error.status < 400 || error.status > 499) return error;
  const code = stringField(error.body, "error");
  if (code === undefined || stringField(error.body, "errcode") !== undefined) return error;
  const { status, body, retryAfter, method, path } = error;
  const description = stringField(body, "error_description");
  const message = `Cannot ${method} ${path}: ${code} ${status}${description ? `: ${description}` : ""}`;
  return new MatrixOAuthError(message, { status, body, retryAfter, method, path });
}

/**
 * Thrown if the homeserver of a server name cannot be discovered.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#well-known-uri
 */
export class WellKnownError extends MatrixResponseError {
  /** The name of the class. */
  static override get name(): string {
    return "WellKnownError";
  }
}

/** Thrown if the response to the request for the well-known document has a status other than 200 and 404. */
export class WellKnownUnexpectedStatus extends WellKnownError {
  /** The name of the class. */
  static override get name(): string {
    return "WellKnownUnexpectedStatus";
  }
  /** The HTTP status of the response. */
  readonly status: number;

  /**
   * Creates an error.
   *
   * @param status The HTTP status of the response.
   * @param options The cause.
   */
  constructor(status: number, options?: ErrorOptions) {
    super(`Unexpected status code ${status} when fetching .well-known file`, options);
    this.status = status;
  }
}

/** Thrown if the well-known document is not JSON. */
export class WellKnownNotJSON extends WellKnownError {
  /** The name of the class. */
  static override get name(): string {
    return "WellKnownNotJSON";
  }

  /**
   * Creates an error.
   *
   * @param options The cause.
   */
  constructor(options?: ErrorOptions) {
    super(".well-known response was not JSON", options);
  }
}

/** Thrown if the well-known document contains no homeserver. */
export class WellKnownMissingHomeserver extends WellKnownError {
  /** The name of the class. */
  static override get name(): string {
    return "WellKnownMissingHomeserver";
  }

  /**
   * Creates an error.
   *
   * @param options The cause.
   */
  constructor(options?: ErrorOptions) {
    super("No homeserver found in .well-known response", options);
  }
}

/** Thrown if the homeserver's base URL in the well-known document is not a URL. */
export class WellKnownNotURL extends WellKnownError {
  /** The name of the class. */
  static override get name(): string {
    return "WellKnownNotURL";
  }

  /**
   * Creates an error.
   *
   * @param options The cause.
   */
  constructor(options?: ErrorOptions) {
    super("Homeserver base URL in .well-known response was not a valid URL", options);
  }
}

/** Thrown if the homeserver's base URL in the well-known document has a scheme other than http and https. */
export class WellKnownUnsupportedScheme extends WellKnownError {
  /** The name of the class. */
  static override get name(): string {
    return "WellKnownUnsupportedScheme";
  }
  /** The scheme, without a colon. */
  readonly scheme: string;

  /**
   * Creates an error.
   *
   * @param scheme The scheme, without a colon.
   * @param options The cause.
   */
  constructor(scheme: string, options?: ErrorOptions) {
    super(`URL in .well-known response has unsupported scheme ${scheme}`, options);
    this.scheme = scheme;
  }
}

/** Thrown if the server at the base URL in the well-known document is not a homeserver. */
export class WellKnownInvalidVersionsResponse extends WellKnownError {
  /** The name of the class. */
  static override get name(): string {
    return "WellKnownInvalidVersionsResponse";
  }

  /**
   * Creates an error.
   *
   * @param options The cause.
   */
  constructor(options?: ErrorOptions) {
    super("URL in .well-known response didn't respond to versions endpoint properly", options);
  }
}

/**
 * The base class of errors of encryption and decryption. Only code that implements encryption throws them.
 */
export class CryptoError extends MatrixError {
  /** The name of the class. */
  static override get name(): string {
    return "CryptoError";
  }
}

/** Thrown if an event could not be encrypted. */
export class EncryptionError extends CryptoError {
  /** The name of the class. */
  static override get name(): string {
    return "EncryptionError";
  }
}

/** Thrown if the keys of a device are invalid, so that nothing is encrypted for it. */
export class DeviceValidationError extends EncryptionError {
  /** The name of the class. */
  static override get name(): string {
    return "DeviceValidationError";
  }
}

/** Thrown if a session could not be shared with a device. */
export class SessionShareError extends CryptoError {
  /** The name of the class. */
  static override get name(): string {
    return "SessionShareError";
  }
}

/** Thrown if an event could not be decrypted. */
export class DecryptionError extends CryptoError {
  /** The name of the class. */
  static override get name(): string {
    return "DecryptionError";
  }

  /** A description for the users of a bridge. */
  get humanMessage(): string {
    return "the bridge failed to decrypt the message";
  }
}

/** Thrown if an event could not be decrypted with the session that it names. */
export class MatchingSessionDecryptionError extends DecryptionError {
  /** The name of the class. */
  static override get name(): string {
    return "MatchingSessionDecryptionError";
  }
}

/** Thrown if the sender withheld the session. */
export class GroupSessionWithheldError extends DecryptionError {
  /** The name of the class. */
  static override get name(): string {
    return "GroupSessionWithheldError";
  }
  /** The ID of the session. */
  readonly sessionId: string;
  /** The code of the reason that the sender gave, such as `m.unverified`. */
  readonly withheldCode: string;

  /**
   * Creates an error.
   *
   * @param sessionId The ID of the session.
   * @param withheldCode The code of the reason that the sender gave.
   * @param options The cause.
   */
  constructor(sessionId: string, withheldCode: string, options?: ErrorOptions) {
    super(`Session ID ${sessionId} was withheld (${withheldCode})`, options);
    this.sessionId = sessionId;
    this.withheldCode = withheldCode;
  }
}

/** Thrown if the session that an event names is unknown. */
export class SessionNotFound extends DecryptionError {
  /** The name of the class. */
  static override get name(): string {
    return "SessionNotFound";
  }
  /** The ID of the session. */
  readonly sessionId: string;
  /**
   * The key of the sender's device, if the event contained it.
   *
   * @deprecated The specification has deprecated `sender_key`.
   */
  readonly senderKey?: string;

  /**
   * Creates an error.
   *
   * @param sessionId The ID of the session.
   * @param senderKey The key of the sender's device, if the event contained it.
   * @param options The cause.
   */
  constructor(sessionId: string, senderKey?: string, options?: ErrorOptions) {
    super(`Failed to decrypt megolm event: no session with given ID ${sessionId} found`, options);
    this.sessionId = sessionId;
    this.senderKey = senderKey;
  }

  /** A description for the users of a bridge. */
  override get humanMessage(): string {
    return "the bridge hasn't received the decryption keys";
  }
}

/** Thrown if an event has the index of another one, because it was replayed. */
export class DuplicateMessageIndex extends DecryptionError {
  /** The name of the class. */
  static override get name(): string {
    return "DuplicateMessageIndex";
  }

  /**
   * Creates an error.
   *
   * @param options The cause.
   */
  constructor(options?: ErrorOptions) {
    super("Duplicate message index", options);
  }
}

/** Thrown if the keys of a session are not those of the sender's device. */
export class VerificationError extends DecryptionError {
  /** The name of the class. */
  static override get name(): string {
    return "VerificationError";
  }

  /**
   * Creates an error.
   *
   * @param options The cause.
   */
  constructor(options?: ErrorOptions) {
    super("Device keys in session and cached device info do not match", options);
  }
}

/** Thrown if the decrypted content is malformed. */
export class DecryptedPayloadError extends DecryptionError {
  /** The name of the class. */
  static override get name(): string {
    return "DecryptedPayloadError";
  }
}

/** Thrown if an event was encrypted for another room, because it was replayed. */
export class MismatchingRoomError extends DecryptionError {
  /** The name of the class. */
  static override get name(): string {
    return "MismatchingRoomError";
  }

  /**
   * Creates an error.
   *
   * @param options The cause.
   */
  constructor(options?: ErrorOptions) {
    super("Encrypted megolm event is not intended for this room", options);
  }
}
