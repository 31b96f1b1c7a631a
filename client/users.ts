import { MatrixResponseError } from "../http/errors/base.ts";
import { MNotFound } from "../http/errors/codes.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/request.ts";
import { objectResponse } from "../http/response.ts";
import {
  checkContent,
  checkGiven,
  checkIdentifier,
  given,
  numberOrKind,
  unlessEmpty,
} from "../http/validate.ts";
import type {
  AccountDataContentMap,
  AccountDataEventType,
  OpenObject,
  PresenceEventContent,
  PresenceState,
  ReceiptType,
  RoomTagAccountDataEventContent,
  RoomTagInfo,
} from "../types/events/mod.ts";
import type { ContentURI, EventID, RoomID, UserID } from "../types/identifiers.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../types/json.ts";
import type { Profile } from "../types/users.ts";
import { SendingMethods } from "./sending.ts";

/** Options of {@linkcode ProfileMethods.prototype.setDisplayname} and `setAvatarUrl()`. */
export interface SetProfileOptions extends RequestOptions {
  /**
   * Whether to get the current value first, and to send nothing if it is the same.
   *
   * @default {true}
   */
  checkCurrent?: boolean | undefined;
}

/** Profiles of users: display name, avatar and other fields. */
export abstract class ProfileMethods extends SendingMethods {
  /**
   * Sets the user's display name.
   *
   * Homeservers may refuse `null`; {@linkcode ProfileMethods.prototype.deleteProfileField} removes the display name.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3profileuseridkeyname
   * @param displayname The display name; `null` for none.
   * @param options Whether to compare with the current display name first, and request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   * @throws {MForbidden} If the homeserver does not allow the change.
   */
  async setDisplayname(displayname: string | null, options?: SetProfileOptions): Promise<void> {
    await this.#setText("displayname", "getDisplayname", displayname, options);
  }

  /**
   * Gets a user's display name.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3profileuseridkeyname
   * @param userId The user.
   * @param options Request options.
   * @returns The display name; `null` if the user does not exist or has none.
   * @throws {MForbidden} If the profile is not visible to the client's user.
   */
  async getDisplayname(userId: UserID, options?: RequestOptions): Promise<string | null> {
    return await this.#getText(userId, "displayname", options);
  }

  /**
   * Sets the user's avatar.
   *
   * Homeservers may refuse `null`; {@linkcode ProfileMethods.prototype.deleteProfileField} removes the avatar.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3profileuseridkeyname
   * @param avatarUrl The content URI of the avatar, such as `uploadMedia()` returns; `null` for none.
   * @param options Whether to compare with the current avatar first, and request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   * @throws {MForbidden} If the homeserver does not allow the change.
   */
  async setAvatarUrl(avatarUrl: ContentURI | "" | null, options?: SetProfileOptions): Promise<void> {
    await this.#setText("avatar_url", "getAvatarUrl", avatarUrl, options);
  }

  /**
   * Gets a user's avatar.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3profileuseridkeyname
   * @param userId The user.
   * @param options Request options.
   * @returns The content URI of the avatar; `null` if the user does not exist or has none.
   * @throws {MForbidden} If the profile is not visible to the client's user.
   */
  async getAvatarUrl(userId: UserID, options?: RequestOptions): Promise<ContentURI | null> {
    return await this.#getText(userId, "avatar_url", options) as ContentURI | null;
  }

  /**
   * Gets a user's profile.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3profileuserid
   * @param userId The user.
   * @param options Request options.
   * @returns The profile: display name, avatar and all other fields.
   * @throws {MNotFound} If the user does not exist or has no profile; on some homeservers {@linkcode MUnknown} with
   * status 404.
   * @throws {MForbidden} If the profile is not visible to the client's user.
   */
  async getProfile(userId: UserID, options?: RequestOptions): Promise<Profile> {
    const profile = await this.request<Profile>("GET", path`/_matrix/client/v3/profile/${userId}`, options);
    const isText = (value: unknown) => typeof value === "string" || (value ?? null) === null;
    if (isJsonObject(profile) && isText(profile.displayname) && isText(profile.avatar_url)) return profile;
    throw new MatrixResponseError("Invalid member in response");
  }

  /**
   * Gets a field of a user's profile. Fields other than display name and avatar require a homeserver that supports v1.16.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3profileuseridkeyname
   * @param userId The user.
   * @param keyName The name of the field, such as `m.tz`.
   * @param options Request options.
   * @returns The value; `null` if the profile does not have the field.
   * @throws {MForbidden} If the profile is not visible to the client's user.
   */
  async getProfileField<T = JsonValue>(
    userId: UserID,
    keyName: string,
    options?: RequestOptions,
  ): Promise<T | null> {
    return await this.#getField(userId, keyName, options) as T | null;
  }

  /**
   * Sets a field of the user's profile. Fields other than display name and avatar require a homeserver that supports
   * v1.16.
   *
   * @example Setting the time zone
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { assertEquals } from "@std/assert";
   *
   * const client = new ClientAPI({
   *   baseUrl: "https://matrix.example.org",
   *   token: "secret",
   *   mxid: "@alice:example.org",
   * });
   * await client.setProfileField("m.tz", "Europe/Lisbon");
   * assertEquals(await client.getProfileField("@alice:example.org", "m.tz"), "Europe/Lisbon");
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3profileuseridkeyname
   * @param keyName The name of the field, such as `m.tz` or `org.example.pronouns`.
   * @param value The value, any JSON. Homeservers may refuse `null`.
   * @param options Request options.
   * @throws {TypeError} If the client's `mxid` is unset, or the value is not JSON.
   * @throws {MForbidden} If the homeserver does not allow the change.
   * @throws {MProfileTooLarge} If the profile would be larger than 64 KiB.
   * @throws {MKeyTooLarge} If the field's name is longer than 255 bytes.
   */
  async setProfileField(
    keyName: string,
    value: JsonValue | Readonly<Record<string, unknown>> | readonly unknown[],
    options?: RequestOptions,
  ): Promise<void> {
    if (JSON.stringify(value) === undefined) {
      throw new TypeError(`Cannot set the profile field: value must be JSON, received ${typeof value}`);
    }
    await this.#setField(keyName, value, options);
  }

  /**
   * Deletes a field of the user's profile, such as the display name or the avatar. Has no effect if the profile does not
   * have the field. Requires a homeserver that supports v1.16.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3profileuseridkeyname
   * @param keyName The name of the field.
   * @param options Request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   * @throws {MForbidden} If the homeserver does not allow the change.
   */
  async deleteProfileField(keyName: string, options?: RequestOptions): Promise<void> {
    await this.request("DELETE", path`/_matrix/client/v3/profile/${this.ownUserId()}/${keyName}`, options);
  }

  /**
   * Sets several fields of the user's profile at once. Only Beeper's homeserver supports this; use
   * {@linkcode ProfileMethods.prototype.setProfileField} with others.
   *
   * @param customFields The fields by name.
   * @param options Request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   */
  async beeperUpdateProfile(
    customFields: JsonObject | Readonly<Record<string, unknown>>,
    options?: RequestOptions,
  ): Promise<void> {
    await this.request("PATCH", path`/_matrix/client/v3/profile/${this.ownUserId()}`, options, {
      body: checkContent(customFields),
    });
  }

  /** Sets the display name or the avatar, unless it is the current one. */
  async #setText(
    name: string,
    getter: "getDisplayname" | "getAvatarUrl",
    value: string | null,
    options: SetProfileOptions | undefined,
  ): Promise<void> {
    const { checkCurrent, ...request } = given(options);
    const userId = this.ownUserId();
    // A missing argument must not remove the current value.
    if (value !== null && typeof value !== "string") {
      throw new TypeError(`Cannot set ${name}: it is neither a string nor null`);
    }
    // No value and an empty one look the same.
    if ((checkCurrent ?? true) && (await this[getter](userId, request) ?? "") === (value ?? "")) return;
    await this.#setField(name, value, request);
  }

  async #getField(userId: UserID, keyName: string, options?: RequestOptions): Promise<JsonValue> {
    try {
      const route = path`/_matrix/client/v3/profile/${userId}/${keyName}`;
      const profile = objectResponse(await this.request("GET", route, options));
      return Object.hasOwn(profile, keyName) ? profile[keyName] ?? null : null;
    } catch (error) {
      if (error instanceof MNotFound) return null;
      throw error;
    }
  }

  async #setField(keyName: string, value: unknown, options?: RequestOptions): Promise<void> {
    await this.request("PUT", path`/_matrix/client/v3/profile/${this.ownUserId()}/${keyName}`, options, {
      body: { [keyName]: value },
    });
  }

  async #getText(userId: UserID, name: string, options?: RequestOptions): Promise<string | null> {
    const value = await this.#getField(userId, name, options);
    if (value === null || typeof value === "string") return value;
    throw new MatrixResponseError(`Invalid \`${name}\` in response: expected string`);
  }
}

/** Options of {@linkcode ActivityMethods.prototype.setTyping}. */
export interface SetTypingOptions extends RequestOptions {
  /**
   * The time for which the user counts as typing, in milliseconds; 0 if the user has stopped typing.
   *
   * @default {0}
   */
  timeout?: number | undefined;
}

/** Options of {@linkcode ActivityMethods.prototype.sendReceipt}. */
export interface SendReceiptOptions extends RequestOptions {
  /**
   * The type of the receipt: `m.read` is public, `m.read.private` is visible to the user's own devices only, and
   * `m.fully_read` moves the read marker.
   *
   * @default {"m.read"}
   */
  receiptType?: ReceiptType | "m.fully_read" | undefined;
  /** The thread of the receipt: the ID of its root event, or `main`. By default the receipt is unthreaded. */
  threadId?: EventID | "main" | undefined;
}

/** Options of {@linkcode ActivityMethods.prototype.setFullyReadMarker}. */
export interface SetFullyReadMarkerOptions extends RequestOptions {
  /** The event of a public read receipt. */
  readReceipt?: EventID | undefined;
  /** The event of a private read receipt. */
  privateReadReceipt?: EventID | undefined;
  /** Additional content, which takes precedence over the other fields of the body. */
  extraContent?: object | undefined;
}

/** Options of {@linkcode ActivityMethods.prototype.setPresence}. */
export interface SetPresenceOptions extends RequestOptions {
  /**
   * The presence state.
   *
   * @default {"online"}
   */
  presence?: PresenceState | undefined;
  /** The status message. Pass `""` to remove it. If it is not given, the homeserver may keep or remove it. */
  status?: string | undefined;
}

/** Typing notifications, receipts, read markers and presence. */
export abstract class ActivityMethods extends ProfileMethods {
  /**
   * Notifies the room that the user is typing, or has stopped typing.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidtypinguserid
   * @param roomId The room.
   * @param options The time, and request options.
   * @throws {RangeError} If the timeout is not a finite number.
   * @throws {TypeError} If the client's `mxid` is unset.
   * @throws {MForbidden} If the user is not in the room.
   */
  async setTyping(roomId: RoomID, options?: SetTypingOptions): Promise<void> {
    const timeout = given(options).timeout ?? 0;
    if (!Number.isFinite(timeout)) {
      throw new RangeError(
        `Cannot make a request: timeout must be a finite number, received ${numberOrKind(timeout)}`,
      );
    }
    await this.request("PUT", path`/_matrix/client/v3/rooms/${roomId}/typing/${this.ownUserId()}`, options, {
      body: timeout > 0 ? { typing: true, timeout } : { typing: false },
    });
  }

  /**
   * Sends a receipt for an event: the user has read the room up to it.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreceiptreceipttypeeventid
   * @param roomId The room.
   * @param eventId The event.
   * @param options Type and thread of the receipt, and request options.
   * @throws {MForbidden} If the user is not in the room.
   */
  async sendReceipt(roomId: RoomID, eventId: EventID, options?: SendReceiptOptions): Promise<void> {
    const { receiptType, threadId } = given(options);
    checkGiven("string", { threadId });
    checkIdentifier("event ID", eventId);
    await this.request(
      "POST",
      path`/_matrix/client/v3/rooms/${roomId}/receipt/${receiptType ?? "m.read"}/${eventId}`,
      options,
      { body: { thread_id: unlessEmpty(threadId) }, repeatable: true },
    );
  }

  /**
   * Sets the read marker, the event up to which the user has read the room. Can send read receipts too.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidread_markers
   * @param roomId The room.
   * @param fullyRead The event of the read marker.
   * @param options Receipts, additional content, and request options.
   * @throws {MForbidden} If the user is not in the room.
   */
  async setFullyReadMarker(
    roomId: RoomID,
    fullyRead: EventID,
    options?: SetFullyReadMarkerOptions,
  ): Promise<void> {
    const { readReceipt, privateReadReceipt, extraContent } = given(options);
    checkGiven("string", { readReceipt, privateReadReceipt });
    checkGiven("object", { extraContent });
    const receipts = {
      "m.read": unlessEmpty(readReceipt),
      "m.read.private": unlessEmpty(privateReadReceipt),
    };
    for (const eventId of Object.values(receipts)) if (eventId) checkIdentifier("event ID", eventId);
    await this.request("POST", path`/_matrix/client/v3/rooms/${roomId}/read_markers`, options, {
      body: {
        "m.fully_read": checkIdentifier("event ID", fullyRead),
        ...receipts,
        ...extraContent,
      },
      repeatable: true,
    });
  }

  /**
   * Sets the user's presence.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3presenceuseridstatus
   * @param options State and status message, and request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   */
  async setPresence(options?: SetPresenceOptions): Promise<void> {
    const { presence, status } = given(options);
    checkGiven("string", { presence, status });
    await this.request("PUT", path`/_matrix/client/v3/presence/${this.ownUserId()}/status`, options, {
      body: { presence: presence ?? "online", status_msg: status ?? undefined },
    });
  }

  /**
   * Gets a user's presence.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3presenceuseridstatus
   * @param userId The user.
   * @param options Request options.
   * @returns The response with `presence`, and optionally `status_msg`, `last_active_ago` (milliseconds) and
   * `currently_active`.
   * @throws {MForbidden} If the client's user may not see the presence.
   * @throws {MNotFound} If the user does not exist.
   */
  async getPresence(userId: UserID, options?: RequestOptions): Promise<PresenceEventContent> {
    const response = await this.request<PresenceEventContent>(
      "GET",
      path`/_matrix/client/v3/presence/${userId}/status`,
      options,
    );
    if (isJsonObject(response) && typeof response.presence === "string") return response;
    throw new MatrixResponseError("Invalid presence in response");
  }
}

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
