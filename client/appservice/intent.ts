import type { OnRefusal } from "../../http/attempt.ts";
import { unlessAborted, within } from "../../http/retry.ts";
import type { MatrixRequestError } from "../../http/errors/base.ts";
import {
  MAlreadyJoined,
  MBadState,
  MForbidden,
  MInsufficientPower,
  MNotFound,
  MNotJoined,
  MUnknownDevice,
  MUserDeactivated,
  MUserInUse,
} from "../../http/errors/codes.ts";
import { HTTPAPI, type HTTPAPIOptions } from "../../http/http_api.ts";
import type { RequestOptions } from "../../http/options.ts";
import type { UploadData } from "../../http/upload.ts";
import { checkContent, checkGiven, checkIdentifier, checkSignal, given } from "../../http/validate.ts";
import type { Membership, MessageContentMap, MessageEventType } from "../../types/events/mod.ts";
import type { StateContentMap, StateEventType } from "../../types/events/mod.ts";
import type { ContentURI, DeviceID, EventID, RoomAlias, RoomID, UserID } from "../../types/identifiers.ts";
import { requestOptions } from "../base.ts";
import { ClientAPI } from "../client_api.ts";
import type { UploadMediaOptions } from "../media.ts";
import type { RedactOptions, SendOptions } from "../sending.ts";
import type { SendStateEventOptions } from "../events.ts";
import { remember } from "./newest.ts";

/** Options of {@linkcode IntentAPI}: those of a transport, and which user to act as. */
export interface IntentOptions extends Omit<HTTPAPIOptions, "asUserId" | "asDeviceId" | "onRefusal"> {
  /** The user to act as. */
  mxid: UserID;
  /** The service's own user, who invites this one to rooms that only invited users may join. */
  bot?: ClientAPI | undefined;
  /**
   * The device to act as. It is created with the user. Homeservers remember the transaction IDs of a device over their
   * restarts. Synapse requires `"io.element.msc4190": true` in the registration.
   */
  deviceId?: DeviceID | undefined;
  /**
   * Whether the token is that of the application service. `false` means that it is the user's own: the user is neither
   * registered nor invited.
   *
   * @default {true}
   */
  masquerade?: boolean | undefined;
  /**
   * Whether the user is a person with an account of their own, who is neither registered nor invited.
   *
   * @default {whether the token is the user's own}
   */
  isPuppet?: boolean | undefined;
  /** Marks events that are sent, in the field `fi.mau.double_puppet_source`, so that the service recognizes them. */
  mark?: string | undefined;
}

/** Options of {@linkcode IntentAPI.prototype.ensureJoined}. */
export interface EnsureJoinedOptions extends RequestOptions {
  /** Servers through which to join a room that the homeserver does not know. */
  servers?: readonly string[] | undefined;
  /**
   * Client that invites the user if that is required.
   *
   * @default {the service's own user}
   */
  by?: ClientAPI | undefined;
  /**
   * Whether `by` lifts a ban of the user.
   *
   * @default {false}
   */
  unban?: boolean | undefined;
}

/** Options of {@linkcode IntentAPI.prototype.getRoomMembers}. */
export interface GetRoomMembersOptions extends RequestOptions {
  /**
   * The memberships to include.
   *
   * @default {["join"]}
   */
  memberships?: readonly Membership[] | undefined;
}

/** Options of {@linkcode IntentAPI.prototype.errorAndLeave}. */
export interface ErrorAndLeaveOptions extends RequestOptions {
  /** The message as HTML. */
  html?: string | undefined;
}

/** Options of {@linkcode IntentAPI.prototype.markRead}. */
export interface MarkReadOptions extends RequestOptions {
  /** Further content of the request. */
  extraContent?: object | undefined;
}

/** Options of a join. */
type JoinHow = Pick<EnsureJoinedOptions, "servers" | "by" | "unban">;

/** The field that marks events of double puppets. Bridges of other projects use the same. */
export const MARK = "fi.mau.double_puppet_source";

/** Milliseconds for which it is remembered that a user was registered, or joined a room after a refusal. */
const REMEMBERED = 60_000;

/** Refusals of requests that had the service's token. */
const serviceRefusals = new WeakSet<Error>();

/** Whether an error that ends a session is about the service's token, and not about one user or another client. */
export function endsService(error: Error): boolean {
  return serviceRefusals.has(error) && !(error instanceof MUserDeactivated);
}

/** The number of rooms to remember. */
const MAX_ROOMS = 1_000;

/**
 * A {@linkcode ClientAPI} of one of an application service's users.
 *
 * Requests are sent at once. If the homeserver refuses one because the user is not registered, lacks its device or is
 * not in the room, the user is registered, joins, and the same request is sent once more. If the room is invite-only,
 * the service's own user invites them first. This holds for every method, and for `api.request()`.
 *
 * Transaction IDs that you choose are prefixed with the user's local part, because homeservers such as Synapse share
 * transaction IDs among all users of an application service.
 *
 * @example Send as a user of another network
 * ```ts
 * import { IntentAPI } from "@mtx/client/appservice";
 * import { assert } from "@std/assert";
 *
 * const ghost = new IntentAPI({
 *   baseUrl: "https://matrix.example.org",
 *   token: "as_token",
 *   mxid: "@_irc_carol:example.org",
 * });
 * const eventId = await ghost.sendText("!room:example.org", "Hello from IRC", { txnId: "message-4711" });
 * assert(eventId.startsWith("$"));
 * ```
 *
 * @see https://spec.matrix.org/v1.19/application-service-api/#client-server-api-extensions
 */
export class IntentAPI extends ClientAPI {
  readonly #transport: HTTPAPIOptions;
  readonly #bot: ClientAPI | undefined;
  readonly #isPuppet: boolean;
  readonly #mark: string | undefined;
  readonly #deviceId: DeviceID | undefined;
  /** Registrations and joins that are under way, by what they do. */
  readonly #running = new Map<string, SharedWork>();
  /** When the user joined rooms after a refusal. */
  readonly #joined = new Map<string, number>();
  /** The event that was marked as read last, by room. */
  readonly #read = new Map<RoomID, EventID>();
  /** Paths of requests for which the user shall not join. */
  readonly #unjoined = new Set<string>();
  #registered = -Infinity;

  /**
   * Creates a client. Nothing is sent.
   *
   * @param options The homeserver, the token and the user.
   * @throws {SyntaxError} If `mxid` is not a user ID.
   * @throws {TypeError} If the base URL or the token cannot be used.
   */
  constructor(options: IntentOptions) {
    const { mxid, bot, deviceId, masquerade, isPuppet, mark, ...transport } = given(options) as IntentOptions;
    checkGiven("string", { mxid, deviceId, mark });
    const actsAs = masquerade ?? true;
    let repair: OnRefusal = () => Promise.resolve(false);
    super({
      api: new HTTPAPI({
        ...transport,
        asUserId: actsAs ? checkIdentifier("user ID", mxid) : undefined,
        asDeviceId: actsAs ? deviceId || undefined : undefined,
        onRefusal: (error, attempt) => repair(error, attempt),
      }),
      mxid,
      deviceId,
    });
    repair = (error, { path }) => this.#repair(error, path);
    this.#transport = transport;
    this.#bot = bot ?? undefined;
    this.#isPuppet = isPuppet ?? !actsAs;
    this.#mark = mark || undefined;
    this.#deviceId = actsAs ? deviceId || undefined : undefined;
  }

  /**
   * Registers the user, and creates the device if one was given. Does nothing if that has been done within the last
   * minute, or if the user is a double puppet. Concurrent calls share the requests.
   *
   * @see https://spec.matrix.org/v1.19/application-service-api/#server-admin-style-permissions
   * @param options Request options.
   * @throws {MExclusive} If the user is not in the service's namespace.
   * @throws {MInvalidUsername} If the homeserver does not allow the name.
   */
  async ensureRegistered(options?: RequestOptions): Promise<void> {
    const { signal, ...request } = requestOptions(options);
    if (this.#isPuppet || this.#isRegistered) return;
    await unlessAborted(this.#register(request), checkSignal(signal));
  }

  /**
   * Registers the user and joins a room. If only invited users may join, `by` invites the user first. Concurrent calls
   * share the requests.
   *
   * @param room The room's ID or alias.
   * @param options Servers to join through, who invites, and request options.
   * @returns The room's ID.
   * @throws {MForbidden} If the user may not join and cannot be invited; then `cause` is the error of the invitation.
   * @throws {MBadState} If the user is banned.
   */
  async ensureJoined(room: RoomID | RoomAlias, options?: EnsureJoinedOptions): Promise<RoomID> {
    const { servers, by, unban } = given(options);
    const { signal, ...request } = requestOptions(options);
    checkIdentifier("room ID or alias", room);
    await this.ensureRegistered(options);
    const join = this.#join(room, { servers, by: by ?? this.#bot, unban: unban ?? false }, request);
    return await unlessAborted(join, checkSignal(signal));
  }

  /**
   * Invites a user to a room. A user who is in the room already counts as invited.
   *
   * @param roomId The room.
   * @param userId The user.
   * @param options Request options.
   * @throws {MForbidden} If this user may not invite, or the other one is banned.
   */
  async ensureInvited(roomId: RoomID, userId: UserID, options?: RequestOptions): Promise<void> {
    await invite(this, roomId, userId, requestOptions(options));
  }

  /**
   * Gets the IDs of a room's members.
   *
   * @param roomId The room.
   * @param options Which members, and request options.
   * @returns The users.
   * @throws {MForbidden} If the user may not see the members.
   */
  async getRoomMembers(roomId: RoomID, options?: GetRoomMembersOptions): Promise<UserID[]> {
    const { memberships } = given(options);
    checkGiven("array", { memberships });
    const wanted = memberships ?? ["join"];
    const request = requestOptions(options);
    if (wanted.every((membership) => membership === "join")) {
      return Object.keys(await this.getJoinedMembers(roomId, request)) as UserID[];
    }
    const members = await this.getMembers(roomId, request);
    return members
      .filter(({ content }) => wanted.includes(content.membership))
      .map(({ state_key }) => state_key as UserID);
  }

  /**
   * Sends a notice that says why, and leaves the room.
   *
   * @param roomId The room.
   * @param text The message.
   * @param options The message as HTML, and request options.
   */
  async errorAndLeave(roomId: RoomID, text: string, options?: ErrorAndLeaveOptions): Promise<void> {
    const request = requestOptions(options);
    await this.sendNotice(roomId, { ...request, text, html: options?.html });
    await this.leaveRoom(roomId, { ...request, timestamp: undefined });
  }

  /**
   * Sets the user's fully-read marker and read receipt in one request. Does nothing if the event is the one that was
   * marked last.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidread_markers
   * @param roomId The room.
   * @param eventId The event.
   * @param options Further content, and request options.
   */
  async markRead(roomId: RoomID, eventId: EventID, options?: MarkReadOptions): Promise<void> {
    const { extraContent } = given(options);
    checkGiven("object", { extraContent });
    if (this.#read.get(roomId) === eventId) return;
    const extra = this.#mark === undefined ? {} : { [MARK]: this.#mark };
    const marks = this.#mark === undefined
      ? {}
      : { "com.beeper.fully_read.extra": extra, "com.beeper.read.extra": extra };
    await this.setFullyReadMarker(roomId, eventId, {
      ...requestOptions(options),
      readReceipt: eventId,
      extraContent: { ...marks, ...extraContent },
    });
    remember(this.#read, roomId, eventId, MAX_ROOMS);
  }

  /**
   * Sends a room event that is not a state event. If the user is a double puppet with a mark, the mark is added.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
   * @param roomId The room.
   * @param eventType The event's type.
   * @param content The event's content.
   * @param options The transaction ID, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user may not send the event, also after joining.
   */
  override sendMessageEvent<T extends MessageEventType>(
    roomId: RoomID,
    eventType: T,
    content: MessageContentMap[T],
    options?: SendOptions,
  ): Promise<EventID>;
  /**
   * Sends a room event that is not a state event. If the user is a double puppet with a mark, the mark is added.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
   * @param roomId The room.
   * @param eventType The event's type.
   * @param content The event's content.
   * @param options The transaction ID, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user may not send the event, also after joining.
   */
  override sendMessageEvent(
    roomId: RoomID,
    eventType: string,
    content: object,
    options?: SendOptions,
  ): Promise<EventID>;
  override async sendMessageEvent(
    roomId: RoomID,
    eventType: string,
    content: object,
    options?: SendOptions,
  ): Promise<EventID> {
    return await super.sendMessageEvent(roomId, eventType, this.#marked(content), options);
  }

  /**
   * Sets a state event. If the user is a double puppet with a mark, the mark is added.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param content The event's content.
   * @param options The state key, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user may not set it, also after joining.
   */
  override sendStateEvent<T extends StateEventType>(
    roomId: RoomID,
    eventType: T,
    content: StateContentMap[T],
    options?: SendStateEventOptions,
  ): Promise<EventID>;
  /**
   * Sets a state event. If the user is a double puppet with a mark, the mark is added.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param content The event's content.
   * @param options The state key, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user may not set it, also after joining.
   */
  override sendStateEvent(
    roomId: RoomID,
    eventType: string,
    content: object,
    options?: SendStateEventOptions,
  ): Promise<EventID>;
  override async sendStateEvent(
    roomId: RoomID,
    eventType: string,
    content: object,
    options?: SendStateEventOptions,
  ): Promise<EventID> {
    const { ensureJoined, stateKey } = given(options);
    const key = `${roomId}\n${eventType}\n${stateKey ?? ""}`;
    if (ensureJoined === false) this.#unjoined.add(key);
    try {
      return await super.sendStateEvent(roomId, eventType, this.#marked(content), options);
    } finally {
      this.#unjoined.delete(key);
    }
  }

  /**
   * Uploads content to the content repository. The user is registered before a stream is sent, because a stream cannot be
   * sent again after a refusal.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixmediav3upload
   * @param data The content, or a function that creates it for every attempt.
   * @param options The type, name and size of the content, the URI to upload to, and request options.
   * @returns The content URI.
   */
  override async uploadMedia(data: UploadData, options?: UploadMediaOptions): Promise<ContentURI> {
    const isStream = typeof data === "object" && data !== null &&
      (data instanceof ReadableStream || Symbol.asyncIterator in data);
    if (isStream) await this.ensureRegistered(requestOptions(options));
    return await super.uploadMedia(data, options);
  }

  /** Redacts an event. If the user is a double puppet with a mark, it is added. */
  override async redact(roomId: RoomID, eventId: EventID, options?: RedactOptions): Promise<EventID> {
    if (this.#mark === undefined) return await super.redact(roomId, eventId, options);
    const { extraContent } = given(options);
    checkGiven("object", { extraContent });
    return await super.redact(roomId, eventId, {
      ...options,
      extraContent: this.#marked({ ...extraContent }),
    });
  }

  /** Returns the transaction ID of a call. One that the caller has chosen is prefixed with the user's local part. */
  protected override transactionId(txnId?: string | null): string {
    // A local part contains no colon, so no two users have the same ID.
    return txnId ? `${this.localpart}:${txnId}` : super.transactionId(txnId);
  }

  get #isRegistered(): boolean {
    return performance.now() - this.#registered < REMEMBERED;
  }

  #marked<C extends object>(content: C): C {
    return this.#mark === undefined ? content : { ...checkContent(content), [MARK]: this.#mark };
  }

  /** Repairs what a request was refused for. Returns whether to send it again. */
  async #repair(error: MatrixRequestError, path: string): Promise<boolean> {
    this.#note(error);
    try {
      return await this.#remedy(error, path);
    } catch (cause) {
      // The caller's request was refused. Why it could not be repaired is the cause.
      if (cause !== error) error.cause = cause;
      throw error;
    }
  }

  /** Notes that a request with the service's token was refused. */
  #note(error: MatrixRequestError): void {
    if (this.api.asUserId !== undefined) serviceRefusals.add(error);
  }

  async #remedy(error: MatrixRequestError, path: string): Promise<boolean> {
    if (error instanceof MUnknownDevice && this.#deviceId !== undefined) {
      await this.#createDevice();
      return true;
    }
    if (error instanceof MInsufficientPower || isAlreadyInRoom(error)) return false;
    const isUnregistered = isNotRegistered(error);
    const isForbidden = error instanceof MForbidden || isUnregistered;
    if (!isForbidden && !(error instanceof MNotFound && EVENT_PATH.test(path))) return false;
    if (isUnregistered) {
      if (this.#isPuppet) return false;
      await this.#register();
    }
    const roomId = this.#roomToJoin(path);
    if (roomId === undefined) return isUnregistered || (isForbidden && await this.#registerNow());
    const joined = this.#joined.get(roomId) ?? -Infinity;
    // If joining has not helped within the last minute, the refusal has another reason. On Synapse the text is definite.
    if (performance.now() - joined < REMEMBERED && !isUnregistered && !isNotInRoom(error)) return false;
    await this.#join(roomId, { by: this.#bot });
    remember(this.#joined, roomId, performance.now(), MAX_ROOMS);
    return true;
  }

  /** Returns the room that a request is about, if being in it can help. */
  #roomToJoin(path: string): RoomID | undefined {
    const [, room = "", action = "", rest = ""] = ROOM_PATH.exec(path) ?? [];
    if (room === "" || WITHOUT_JOIN.includes(action)) return undefined;
    const decode = decodeURIComponent;
    const [type = "", stateKey = ""] = rest.split("/");
    const key = `${decode(room)}\n${decode(type)}\n${decode(stateKey)}`;
    return action === "state" && this.#unjoined.has(key) ? undefined : decode(room) as RoomID;
  }

  /** Registers the user unless that was done. Returns whether the user is new. */
  async #registerNow(): Promise<boolean> {
    return !this.#isPuppet && !this.#isRegistered && await this.#register();
  }

  /** Registers the user and creates the device. Returns whether the user is new. */
  async #register(request?: RequestOptions): Promise<boolean> {
    return await this.#share("register", async () => {
      let isNew = true;
      try {
        await this.#plain().api.request("POST", "/_matrix/client/v3/register", {
          ...request,
          body: { type: "m.login.application_service", username: this.localpart, inhibit_login: true },
          repeatable: true,
        });
      } catch (error) {
        if (!(error instanceof MUserInUse)) throw error;
        isNew = false;
      }
      if (this.#deviceId !== undefined) await this.#createDevice(request);
      this.#registered = performance.now();
      return isNew;
    });
  }

  async #createDevice(request?: RequestOptions): Promise<void> {
    const id = this.#deviceId ?? "";
    await this.#share("device", () => this.#plain().createDeviceMsc4190(id, id, request));
  }

  /** Joins a room, if need be after an invitation. */
  async #join(room: RoomID | RoomAlias, how: JoinHow, request?: RequestOptions): Promise<RoomID> {
    const { servers, by, unban } = how;
    return await this.#share(JSON.stringify([room, servers, by?.mxid, unban ?? false]), async () => {
      const client = this.#plain(this.api.asUserId);
      const join = () => client.joinRoom(room, { ...request, servers });
      try {
        return await join();
      } catch (error) {
        const isBanned = error instanceof MBadState;
        if (this.#isPuppet || !(isBanned ? unban : error instanceof MForbidden)) throw error;
        try {
          if (await this.#registerUnlessSure(error as MForbidden)) return await join();
        } catch (again) {
          if (!(again instanceof MForbidden)) throw again;
        }
        if (by === undefined) throw error;
        try {
          const roomId = room.startsWith("#") ? (await by.resolveRoomAlias(room as RoomAlias)).room_id : room;
          const mxid = this.ownUserId();
          if (isBanned) await by.unbanUser(roomId as RoomID, mxid, request);
          await invite(by, roomId as RoomID, mxid, request);
        } catch (cause) {
          (error as MForbidden).cause = cause;
          throw error;
        }
        return await join();
      }
    });
  }

  /** Registers the user if a join may have been refused because that is missing. Returns whether the user is new. */
  async #registerUnlessSure(error: MatrixRequestError): Promise<boolean> {
    if (isNotRegistered(error)) return await this.#register();
    return error instanceof MForbidden && !isInviteOnly(error) && await this.#registerNow();
  }

  /** Returns a client that repairs nothing, and acts as a user. */
  #plain(asUserId?: string): ClientAPI {
    const { baseUrl, token, auth, log } = this.api;
    const credentials = auth === undefined ? { token, auth: undefined } : { token: undefined, auth };
    const onRefusal = (error: MatrixRequestError) => {
      this.#note(error);
      return Promise.resolve(false);
    };
    const api = new HTTPAPI({ ...this.#transport, baseUrl, ...credentials, log, asUserId, onRefusal });
    return new ClientAPI({ api, mxid: this.mxid });
  }

  /** Shares work among concurrent callers. */
  async #share<T>(key: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (running !== undefined) {
      const settled = () => true;
      const left = running.until - performance.now();
      if (await within(running.promise.then(settled, settled), left, false)) {
        return await running.promise as T;
      }
      if (this.#running.get(key) === running) this.#running.delete(key);
      return await this.#share(key, work);
    }
    const started: SharedWork = { promise: work(), until: performance.now() + SHARED_FOR };
    this.#running.set(key, started);
    try {
      return await started.promise as T;
    } finally {
      if (this.#running.get(key) === started) this.#running.delete(key);
    }
  }
}

/**
 * The time in milliseconds for which callers wait for work that another one has started. Workers never settle a promise
 * of a request that has ended.
 */
const SHARED_FOR = 60_000;

/** Work that several callers wait for. */
interface SharedWork {
  readonly promise: Promise<unknown>;
  /** The end of the time for which others wait for it, by `performance.now()`. */
  readonly until: number;
}

/** The path of an endpoint about a room: the room, the action, and what follows. */
const ROOM_PATH =
  /^\/_matrix\/client\/(?:v\d+|r0|unstable(?:\/[^/]+)?)\/rooms\/(%21[^/]+|![^/]+)\/([^/?]+)\/?(.*)/;

/** Synapse responds with 404 if the user may not read the event. */
const EVENT_PATH = /\/rooms\/[^/]+\/event\/[^/]+$/;

/** Actions for which the user need not be in the room, or must not join it. */
const WITHOUT_JOIN = ["join", "leave", "forget", "knock"];

/** Whether a homeserver has refused a request because the user is not registered. */
function isNotRegistered({ serverMessage }: MatrixRequestError): boolean {
  return /has not registered|not registered|(?:user|account) does not exist/i.test(serverMessage ?? "");
}

/** Whether a homeserver has refused a request because the user is not in the room. */
function isNotInRoom(error: MatrixRequestError): boolean {
  return error instanceof MNotJoined || /not in room|not in the room/i.test(error.serverMessage ?? "");
}

/** Whether a homeserver has refused an invitation because the user is in the room. */
function isAlreadyInRoom(error: unknown): boolean {
  return error instanceof MAlreadyJoined ||
    (error instanceof MForbidden && /already (?:in|joined)/i.test(error.serverMessage ?? ""));
}

/** Whether a homeserver has refused a join because the user is not invited. */
function isInviteOnly({ serverMessage }: MatrixRequestError): boolean {
  return /not invited|invite/i.test(serverMessage ?? "");
}

async function invite(
  client: ClientAPI,
  roomId: RoomID,
  userId: UserID,
  request: RequestOptions | undefined,
): Promise<void> {
  try {
    await client.inviteUser(roomId, userId, request);
  } catch (error) {
    if (!isAlreadyInRoom(error)) throw error;
  }
}
