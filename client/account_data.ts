import { checkContent, checkGiven, checkIdentifier, given, unlessEmpty } from "../http/validate.ts";
import { MatrixResponseError } from "../http/errors/base.ts";
import { isJsonObject } from "../types/json.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { objectResponse } from "../http/response_fields.ts";
import type {
  AccountDataContentMap,
  AccountDataEventType,
  OpenObject,
  RoomTagAccountDataEventContent,
  RoomTagInfo,
} from "../types/events/mod.ts";
import type { RoomID, UserID } from "../types/identifiers.ts";
import { ActivityMethods } from "./activity.ts";

/**
 * Options of {@linkcode AccountDataMethods.prototype.getAccountData} and
 * {@linkcode AccountDataMethods.prototype.setAccountData}.
 */
export interface AccountDataOptions extends RequestOptions {
  /** The room of the account data. By default the account data is global. */
  roomId?: RoomID | undefined;
}

/** Options of {@linkcode AccountDataMethods.prototype.setRoomTag}. */
export interface SetRoomTagOptions extends RequestOptions {
  /** The content of the tag: its `order`, from 0 to 1. */
  info?: RoomTagInfo | undefined;
}

/** Account data and room tags. */
export abstract class AccountDataMethods extends ActivityMethods {
  /**
   * Gets account data of the user. The type of the result follows from the event type.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridaccount_datatype
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridroomsroomidaccount_datatype
   * @param type The event type of the data.
   * @param options The room, and request options.
   * @returns The content of the account data.
   * @throws {MNotFound} If there is no data of this type.
   * @throws {TypeError} If the client's `mxid` is unset.
   */
  getAccountData<T extends AccountDataEventType>(
    type: T,
    options?: AccountDataOptions,
  ): Promise<AccountDataContentMap[T]>;
  /**
   * Gets account data of the user, of any type.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridaccount_datatype
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridroomsroomidaccount_datatype
   * @param type The event type of the data.
   * @param options The room, and request options.
   * @returns The content of the account data.
   * @throws {MNotFound} If there is no data of this type.
   * @throws {TypeError} If the client's `mxid` is unset.
   */
  getAccountData<C extends object = OpenObject>(type: string, options?: AccountDataOptions): Promise<C>;
  async getAccountData(type: string, options?: AccountDataOptions): Promise<object> {
    const { roomId } = given(options);
    return objectResponse(
      await this.request("GET", accountDataPath(this.ownUserId(), type, roomId), options),
    );
  }

  /**
   * Sets account data of the user, replacing the data of the same type.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridaccount_datatype
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridroomsroomidaccount_datatype
   * @param type The event type of the data.
   * @param data The content of the account data.
   * @param options The room, and request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   * @throws {MBadJSON} If the homeserver manages this type itself, such as `m.push_rules`.
   */
  setAccountData<T extends AccountDataEventType>(
    type: T,
    data: AccountDataContentMap[T],
    options?: AccountDataOptions,
  ): Promise<void>;
  /**
   * Sets account data of the user, of any type, replacing the data of the same type.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridaccount_datatype
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridroomsroomidaccount_datatype
   * @param type The event type of the data.
   * @param data The content of the account data.
   * @param options The room, and request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   */
  setAccountData(type: string, data: object, options?: AccountDataOptions): Promise<void>;
  async setAccountData(type: string, data: object, options?: AccountDataOptions): Promise<void> {
    const { roomId } = given(options);
    const body = checkContent(data);
    await this.request("PUT", accountDataPath(this.ownUserId(), type, roomId), options, { body });
  }

  /**
   * Gets the tags of a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridroomsroomidtags
   * @param roomId The room.
   * @param options Request options.
   * @returns The tags in `tags`, by name.
   * @throws {TypeError} If the client's `mxid` is unset.
   */
  async getRoomTags(roomId: RoomID, options?: RequestOptions): Promise<RoomTagAccountDataEventContent> {
    return objectResponse(await this.request("GET", tagsPath(this.ownUserId(), roomId), options));
  }

  /**
   * Gets a tag of a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridroomsroomidtags
   * @param roomId The room.
   * @param tag The tag, such as `m.favourite`.
   * @param options Request options.
   * @returns The content of the tag, which may be `{}`; `null` if the room does not have the tag.
   * @throws {TypeError} If the client's `mxid` is unset.
   */
  async getRoomTag(roomId: RoomID, tag: string, options?: RequestOptions): Promise<RoomTagInfo | null> {
    checkIdentifier("tag", tag);
    const tags: unknown = (await this.getRoomTags(roomId, options)).tags ?? {};
    if (!isJsonObject(tags)) throw new MatrixResponseError("Invalid `tags` in response: expected object");
    if (!Object.hasOwn(tags, tag)) return null;
    const info = tags[tag];
    return isJsonObject(info) ? info : {};
  }

  /**
   * Adds a tag to a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridroomsroomidtagstag
   * @param roomId The room.
   * @param tag The tag: `m.favourite`, `m.lowpriority`, or a name that starts with `u.`.
   * @param options The content of the tag, and request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   */
  async setRoomTag(roomId: RoomID, tag: string, options?: SetRoomTagOptions): Promise<void> {
    const { info } = given(options);
    checkGiven("object", { info });
    await this.request("PUT", tagsPath(this.ownUserId(), roomId) + path`/${tag}`, options, {
      body: unlessEmpty(info),
    });
  }

  /**
   * Removes a tag from a room. Has no effect if the room does not have the tag.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3useruseridroomsroomidtagstag
   * @param roomId The room.
   * @param tag The tag's name.
   * @param options Request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   */
  async removeRoomTag(roomId: RoomID, tag: string, options?: RequestOptions): Promise<void> {
    await this.request("DELETE", tagsPath(this.ownUserId(), roomId) + path`/${tag}`, options);
  }
}

function tagsPath(userId: UserID, roomId: RoomID): string {
  return path`/_matrix/client/v3/user/${userId}/rooms/${roomId}/tags`;
}

function accountDataPath(userId: UserID, type: string, room: RoomID | undefined): string {
  const roomId = unlessEmpty(room);
  const user = path`/_matrix/client/v3/user/${userId}`;
  return roomId ? user + path`/rooms/${roomId}/account_data/${type}` : user + path`/account_data/${type}`;
}
