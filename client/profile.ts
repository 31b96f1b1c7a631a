import { checkContent, given } from "../http/validate.ts";
import { MatrixResponseError } from "../http/errors/base.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../types/json.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { objectResponse } from "../http/response_fields.ts";
import { MNotFound } from "../http/errors/codes.ts";
import type { ContentURI, UserID } from "../types/identifiers.ts";
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
