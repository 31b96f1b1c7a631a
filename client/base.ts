import { given, unlessEmpty } from "../http/validate.ts";
import { MatrixResponseError } from "../http/errors/base.ts";
import { HTTPAPI, type HTTPAPIOptions } from "../http/http_api.ts";
import type { Log } from "../http/observe.ts";
import type { APIRequestOptions, Method, RequestOptions } from "../http/options.ts";
import { encodeSegment } from "../http/request.ts";
import { required } from "../http/response.ts";
import type { MemberStateEventContent } from "../types/events/mod.ts";
import type { DeviceID, RoomID, UserID } from "../types/identifiers.ts";

/** The user and device of a client. */
export interface ClientIdentity {
  /** The user's ID. `login()` sets it. */
  mxid?: UserID | undefined;
  /** The ID of the device that the access token belongs to. `login()` sets it. */
  deviceId?: DeviceID | undefined;
}

/** Options of {@linkcode ClientAPI}: its user and device, and a transport or the options of one. */
export type ClientAPIOptions =
  & ClientIdentity
  & (HTTPAPIOptions | { /** The transport to use. */ api: HTTPAPI });

/**
 * Completes the content of a member event before it is sent.
 *
 * @param roomId The room.
 * @param userId The member.
 * @param content A copy of the content.
 * @returns The content to send; `null` to send it unchanged.
 */
export type FillMemberEventCallback = (
  roomId: RoomID,
  userId: UserID,
  content: MemberStateEventContent,
) => Promise<MemberStateEventContent | null> | MemberStateEventContent | null;

/** The part of a request that an endpoint method adds to the caller's {@linkcode RequestOptions}. */
export interface EndpointInput extends Omit<APIRequestOptions, keyof RequestOptions> {
  /**
   * Whether the endpoint has a `ts` query parameter. Other endpoints refuse the option `timestamp`.
   *
   * @default {false}
   */
  takesTimestamp?: boolean | undefined;
}

/**
 * Returns the request options among a caller's options, without the options of the method itself.
 *
 * @param options The caller's options; `null` for none.
 * @returns The request options.
 * @throws {TypeError} If the options are not an object.
 */
export function requestOptions(options: RequestOptions | null | undefined): RequestOptions {
  const { signal, deadline, retry, headers, query, timestamp } = given(options);
  return { signal, deadline, retry, headers, query, timestamp };
}

/**
 * Returns a caller's options without the request options.
 *
 * @param options The caller's options; `null` for none.
 * @returns The options of the method itself.
 * @throws {TypeError} If the options are not an object.
 */
export function ownOptions<T extends RequestOptions>(
  options: T | null | undefined,
): Omit<Partial<T>, keyof RequestOptions> {
  const own: Partial<T> = { ...given(options) };
  for (const name of REQUEST_OPTIONS) delete own[name];
  return own;
}

/** The login type with which an application service logs in as its users, and registers them. */
export const APPLICATION_SERVICE = "m.login.application_service";

const REQUEST_OPTIONS: readonly (keyof RequestOptions)[] = [
  "signal",
  "deadline",
  "retry",
  "headers",
  "query",
  "timestamp",
];

/** The base of all themes: the transport, and the user and device of the client. */
export abstract class BaseClientAPI {
  /** The transport. Use its `request()` for endpoints that have no method. */
  readonly api: HTTPAPI;
  /** The ID of the device that the access token belongs to; empty if unknown. */
  deviceId: DeviceID;
  /** Called by `fillMemberEvent()` before a member event is sent. */
  fillMemberEventCallback: FillMemberEventCallback | undefined;
  #mxid: UserID | undefined;
  #localpart: string | undefined;
  #domain: string | undefined;

  /**
   * Creates a client. No request is sent.
   *
   * @param options The user and the device, and a transport or the options of one.
   * @throws {SyntaxError} If `mxid` is not a user ID.
   * @throws {TypeError} If the base URL or the token is malformed.
   */
  constructor(options: ClientAPIOptions) {
    options = given(options) as ClientAPIOptions;
    this.api = "api" in options && options.api ? options.api : new HTTPAPI(options as HTTPAPIOptions);
    this.deviceId = options.deviceId ?? "";
    if (options.mxid) this.mxid = options.mxid;
  }

  /**
   * The user's ID; `undefined` if unknown. Assigning it also sets `localpart` and `domain`, and throws a `SyntaxError` if
   * it is not a user ID.
   */
  get mxid(): UserID | undefined {
    return this.#mxid;
  }

  set mxid(value: string) {
    [this.#localpart, this.#domain] = BaseClientAPI.parseUserId(value);
    this.#mxid = value as UserID;
  }

  /** The part of the user ID before the first colon, without the `@`. */
  get localpart(): string | undefined {
    return this.#localpart;
  }

  /** The server name in the user ID. */
  get domain(): string | undefined {
    return this.#domain;
  }

  /** The log of the transport. */
  get log(): Log {
    return this.api.log;
  }

  set log(value: Log) {
    this.api.log = value;
  }

  /**
   * Splits a user ID at its first colon.
   *
   * @see https://spec.matrix.org/v1.19/appendices/#user-identifiers
   * @param mxid The user ID.
   * @returns The local part, which may be empty, and the server name.
   * @throws {SyntaxError} If it is not a user ID.
   */
  static parseUserId(mxid: string): [localpart: string, serverName: string] {
    if (typeof mxid !== "string" || mxid === "") throw new SyntaxError("User ID is empty");
    if (!mxid.startsWith("@")) throw new SyntaxError("User IDs start with @");
    const colon = mxid.indexOf(":");
    if (colon < 0) throw new SyntaxError("User ID must contain domain separator");
    if (colon === mxid.length - 1) throw new SyntaxError("User ID must contain domain");
    return [mxid.slice(1, colon), mxid.slice(colon + 1)];
  }

  /**
   * Returns the ID of the client's user, for methods that need it in their path.
   *
   * @returns The user ID.
   * @throws {TypeError} If `mxid` is unset.
   */
  protected ownUserId(): UserID {
    if (this.#mxid !== undefined) return this.#mxid;
    throw new TypeError("Cannot make a request: the client's mxid is unset; sign in, or set it");
  }

  /**
   * Sends the request of an endpoint method through {@linkcode HTTPAPI.prototype.request}.
   *
   * Of the caller's options only the fields of {@linkcode RequestOptions} are used, so a method passes its options as
   * it received them.
   *
   * @param method The HTTP method.
   * @param path The path, made by `path`.
   * @param options The caller's options; `null` for none.
   * @param input The query parameters and the body of the endpoint itself, and how to send them.
   * @returns The parsed JSON of the response, unchanged from the server.
   * @throws {MatrixError} As {@linkcode HTTPAPI.prototype.request} does.
   * @throws {TypeError} If the options are not an object, or `timestamp` is given to an endpoint without `ts`.
   */
  protected request<T = unknown>(
    method: Method,
    path: string,
    options: RequestOptions | null | undefined,
    input?: EndpointInput,
  ): Promise<T> {
    const { signal, deadline, retry, headers, query, timestamp } = given(options);
    if (!input?.takesTimestamp) refuseTimestamp(options, `${method} ${path} has no \`ts\` parameter`);
    const request = { signal, deadline, retry, headers, query, timestamp, ...input };
    return this.api.request<T>(method, path, request);
  }

  /**
   * Returns the transaction ID of a call: the one of the caller, or a new one. Subclasses may override it.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#transaction-identifiers
   * @param txnId The transaction ID that the caller has chosen; `undefined`, `null` or empty for a new one.
   * @returns The transaction ID.
   */
  protected transactionId(txnId?: string | null): string {
    return unlessEmpty(txnId) ?? this.api.getTxnId();
  }
}

/**
 * Throws if a timestamp is given to a method that cannot send it.
 *
 * @param options The caller's options.
 * @param reason The reason why the timestamp cannot be used, for the error message.
 * @throws {TypeError} If `timestamp` is given.
 */
export function refuseTimestamp(options: RequestOptions | null | undefined, reason: string): void {
  if ((options?.timestamp ?? undefined) === undefined) return;
  throw new TypeError(`Cannot use the option timestamp: ${reason}`);
}

/**
 * Returns the user ID of a response.
 *
 * @param response The response, with a `user_id`.
 * @returns The user ID.
 * @throws {MatrixResponseError} If `user_id` is missing, or is not a user ID that can be part of a path.
 */
export function readUserId(response: { user_id: UserID }): UserID {
  const userId = required(response, "user_id");
  try {
    BaseClientAPI.parseUserId(userId);
    encodeSegment(userId);
  } catch (cause) {
    throw new MatrixResponseError("Invalid `user_id` in response: expected user ID", { cause });
  }
  return userId;
}
