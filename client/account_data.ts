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

/** Options of {@linkcode AccountDataMethods.prototype.getAccountData} and its kin. */
export interface AccountDataOptions extends RequestOptions {
  /** The room that the data is about; none for global data. */
  roomId?: RoomID | undefined;
}

/** Options of {@linkcode AccountDataMethods.prototype.setRoomTag}. */
export interface SetRoomTagOptions extends RequestOptions {
  /** What the tag says of the room: its `order`, from 0 to 1. */
  info?: RoomTagInfo | undefined;
}

/** Account data and room tags. */
export abstract class AccountDataMethods extends ActivityMethods {
  /**
   * Gets data of the user's own. The type decides what is known of it.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridaccount_datatype
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridroomsroomidaccount_datatype
   * @param type The data's type.
   * @param options The room that it is about, and request options.
   * @returns The data.
   * @throws {MNotFound} If there is no such data.
   * @throws {TypeError} If the client's own user ID is unknown.
   */
  getAccountData<T extends AccountDataEventType>(
    type: T,
    options?: AccountDataOptions,
  ): Promise<AccountDataContentMap[T]>;
  /**
   * Gets data of the user's own. The type parameter says what it is.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridaccount_datatype
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridroomsroomidaccount_datatype
   * @param type The data's type.
   * @param options The room that it is about, and request options.
   * @returns The data.
   * @throws {MNotFound} If there is no such data.
   * @throws {TypeError} If the client's own user ID is unknown.
   */
  getAccountData<C extends object = OpenObject>(type: string, options?: AccountDataOptions): Promise<C>;
  async getAccountData(type: string, options?: AccountDataOptions): Promise<object> {
    const { roomId } = given(options);
    return objectResponse(
      await this.request("GET", accountDataPath(this.ownUserId(), type, roomId), options),
    );
  }

  /**
   * Keeps data of the user's own on the homeserver, in place of what was there.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridaccount_datatype
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridroomsroomidaccount_datatype
   * @param type The data's type.
   * @param data The data.
   * @param options The room that it is about, and request options.
   * @throws {TypeError} If the client's own user ID is unknown.
   * @throws {MBadJSON} If the homeserver keeps this type itself, as it does `m.push_rules`.
   */
  setAccountData<T extends AccountDataEventType>(
    type: T,
    data: AccountDataContentMap[T],
    options?: AccountDataOptions,
  ): Promise<void>;
  /**
   * Keeps data of any type of the user's own on the homeserver, in place of what was there.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridaccount_datatype
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridroomsroomidaccount_datatype
   * @param type The data's type.
   * @param data The data.
   * @param options The room that it is about, and request options.
   * @throws {TypeError} If the client's own user ID is unknown.
   */
  setAccountData(type: string, data: object, options?: AccountDataOptions): Promise<void>;
  async setAccountData(type: string, data: object, options?: AccountDataOptions): Promise<void> {
    const { roomId } = given(options);
    const body = checkContent(data);
    await this.request("PUT", accountDataPath(this.ownUserId(), type, roomId), options, { body });
  }

  /**
   * Gets the tags that the user has given to a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridroomsroomidtags
   * @param roomId The room.
   * @param options Request options.
   * @returns What each tag says of the room: `tags`, by name.
   * @throws {TypeError} If the client's own user ID is unknown.
   */
  async getRoomTags(roomId: RoomID, options?: RequestOptions): Promise<RoomTagAccountDataEventContent> {
    return objectResponse(await this.request("GET", tagsPath(this.ownUserId(), roomId), options));
  }

  /**
   * Gets a tag that the user has given to a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridroomsroomidtags
   * @param roomId The room.
   * @param tag The tag: `m.favourite`, say.
   * @param options Request options.
   * @returns What the tag says of the room, `{}` if that is nothing; `null` if the room does not have the tag.
   * @throws {TypeError} If the client's own user ID is unknown.
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
   * Gives a tag to a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridroomsroomidtagstag
   * @param roomId The room.
   * @param tag The tag: `m.favourite` and `m.lowpriority` are known, own ones begin with `u.`.
   * @param options What the tag says of the room, and request options.
   * @throws {TypeError} If the client's own user ID is unknown.
   */
  async setRoomTag(roomId: RoomID, tag: string, options?: SetRoomTagOptions): Promise<void> {
    const { info } = given(options);
    checkGiven("object", { info });
    await this.request("PUT", tagsPath(this.ownUserId(), roomId) + path`/${tag}`, options, {
      body: unlessEmpty(info),
    });
  }

  /**
   * Takes a tag from a room. A tag that the room does not have is no error.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3useruseridroomsroomidtagstag
   * @param roomId The room.
   * @param tag The tag.
   * @param options Request options.
   * @throws {TypeError} If the client's own user ID is unknown.
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
