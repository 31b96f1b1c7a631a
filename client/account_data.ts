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

/** Options of {@linkcode AccountDataMethods.prototype.getAccountData} and
 * {@linkcode AccountDataMethods.prototype.setAccountData}. */
export interface AccountDataOptions extends RequestOptions {
  /** The room that the account data belongs to. By default, global account data. */
  roomId?: RoomID | undefined;
}

/** Options of {@linkcode AccountDataMethods.prototype.setRoomTag}. */
export interface SetRoomTagOptions extends RequestOptions {
  /** The tag's content: `order`, from 0 to 1, is the room's position among the rooms with the tag. */
  info?: RoomTagInfo | undefined;
}

/** Account data and room tags. */
export abstract class AccountDataMethods extends ActivityMethods {
  /**
   * Gets global or room account data of the user. The return type follows from `type`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridaccount_datatype
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridroomsroomidaccount_datatype
   * @param type The event type of the account data.
   * @param options The room, and request options.
   * @returns The content of the account data.
   * @throws {MNotFound} If the user has no account data of this type.
   * @throws {TypeError} If the client's `mxid` is unset.
   */
  getAccountData<T extends AccountDataEventType>(
    type: T,
    options?: AccountDataOptions,
  ): Promise<AccountDataContentMap[T]>;
  /**
   * Gets global or room account data of the user. The type parameter is the type of the content.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridaccount_datatype
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridroomsroomidaccount_datatype
   * @param type The event type of the account data.
   * @param options The room, and request options.
   * @returns The content of the account data.
   * @throws {MNotFound} If the user has no account data of this type.
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
   * Sets global or room account data of the user. Replaces the previous content.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridaccount_datatype
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridroomsroomidaccount_datatype
   * @param type The event type of the account data.
   * @param data The new content.
   * @param options The room, and request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   * @throws {MBadJSON} If the homeserver manages this type itself, for example `m.push_rules`.
   */
  setAccountData<T extends AccountDataEventType>(
    type: T,
    data: AccountDataContentMap[T],
    options?: AccountDataOptions,
  ): Promise<void>;
  /**
   * Sets global or room account data of any type. Replaces the previous content.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridaccount_datatype
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridroomsroomidaccount_datatype
   * @param type The event type of the account data.
   * @param data The new content.
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
   * Gets the user's tags of a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridroomsroomidtags
   * @param roomId The room.
   * @param options Request options.
   * @returns The tags' contents by name, in `tags`.
   * @throws {TypeError} If the client's `mxid` is unset.
   */
  async getRoomTags(roomId: RoomID, options?: RequestOptions): Promise<RoomTagAccountDataEventContent> {
    return objectResponse(await this.request("GET", tagsPath(this.ownUserId(), roomId), options));
  }

  /**
   * Gets one of the user's tags of a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridroomsroomidtags
   * @param roomId The room.
   * @param tag The tag's name, for example `m.favourite`.
   * @param options Request options.
   * @returns The tag's content, `{}` if it is empty; `null` if the room does not have the tag.
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
   * Adds a tag to a room, or replaces its content.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridroomsroomidtagstag
   * @param roomId The room.
   * @param tag The tag's name: `m.favourite`, `m.lowpriority`, or a custom name that starts with `u.`.
   * @param options The tag's content, and request options.
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
   * Removes a tag from a room. Does not throw if the room does not have the tag.
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
