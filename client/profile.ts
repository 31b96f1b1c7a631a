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

/** Options of {@linkcode ProfileMethods.prototype.setDisplayname} and
 * {@linkcode ProfileMethods.prototype.setAvatarUrl}. */
export interface SetProfileOptions extends RequestOptions {
  /**
   * Whether to get the current value first, and to send nothing if it is the same.
   *
   * @default {true}
   */
  checkCurrent?: boolean | undefined;
}

/** Display names, avatars and other profile fields. */
export abstract class ProfileMethods extends SendingMethods {
  /**
   * Sets the user's display name.
   *
   * Homeservers may refuse `null`. Use {@linkcode ProfileMethods.prototype.deleteProfileField} to remove the name.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3profileuseridkeyname
   * @param displayname The display name, or `null` for none.
   * @param options Whether to get the current name first, and request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   * @throws {MForbidden} If the homeserver does not allow the user to change it.
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
   * @returns The display name, or `null` if the user does not exist or has none.
   * @throws {MForbidden} If the user is not allowed to see the profile.
   */
  async getDisplayname(userId: UserID, options?: RequestOptions): Promise<string | null> {
    return await this.#getText(userId, "displayname", options);
  }

  /**
   * Sets the user's avatar.
   *
   * Homeservers may refuse `null`. Use {@linkcode ProfileMethods.prototype.deleteProfileField} to remove the avatar.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3profileuseridkeyname
   * @param avatarUrl The avatar's `mxc://` URI, as `uploadMedia()` returns it, or `null` for none.
   * @param options Whether to get the current avatar first, and request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   * @throws {MForbidden} If the homeserver does not allow the user to change it.
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
   * @returns The avatar's `mxc://` URI, or `null` if the user does not exist or has none.
   * @throws {MForbidden} If the user is not allowed to see the profile.
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
   * @returns The profile: `displayname`, `avatar_url` and all other fields.
   * @throws {MNotFound} If the user does not exist or has no profile. Some homeservers respond with
   * {@linkcode MUnknown} and status 404 instead.
   * @throws {MForbidden} If the user is not allowed to see the profile.
   */
  async getProfile(userId: UserID, options?: RequestOptions): Promise<Profile> {
    const profile = await this.request<Profile>("GET", path`/_matrix/client/v3/profile/${userId}`, options);
    const isText = (value: unknown) => typeof value === "string" || (value ?? null) === null;
    if (isJsonObject(profile) && isText(profile.displayname) && isText(profile.avatar_url)) return profile;
    throw new MatrixResponseError("Invalid member in response");
  }

  /**
   * Gets a field of a user's profile. Fields other than `displayname` and `avatar_url` require a homeserver that
   * supports v1.16 of the specification.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3profileuseridkeyname
   * @param userId The user.
   * @param keyName The field's name, for example `m.tz`.
   * @param options Request options.
   * @returns The field's value, or `null` if the profile does not have the field.
   * @throws {MForbidden} If the user is not allowed to see the profile.
   */
  async getProfileField<T = JsonValue>(
    userId: UserID,
    keyName: string,
    options?: RequestOptions,
  ): Promise<T | null> {
    return await this.#getField(userId, keyName, options) as T | null;
  }

  /**
   * Sets a field of the user's own profile. Fields other than `displayname` and `avatar_url` require a homeserver that
   * supports v1.16 of the specification.
   *
   * @example Set a time zone
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
   * @param keyName The field's name: `m.tz`, or a custom name such as `org.example.pronouns`.
   * @param value The field's value, any JSON value. Homeservers may refuse `null`.
   * @param options Request options.
   * @throws {TypeError} If the client's `mxid` is unset, or the value has no JSON form.
   * @throws {MForbidden} If the homeserver does not allow the user to change it.
   * @throws {MProfileTooLarge} If the profile would be larger than 64 KiB.
   * @throws {MKeyTooLarge} If the field's name is longer than 255 bytes.
   */
  async setProfileField(
    keyName: string,
    value: JsonValue | Readonly<Record<string, unknown>> | readonly unknown[],
    options?: RequestOptions,
  ): Promise<void> {
    if (JSON.stringify(value) === undefined) {
      throw new TypeError(`Cannot set the profile field: its value is ${typeof value}`);
    }
    await this.#setField(keyName, value, options);
  }

  /**
   * Removes a field from the user's own profile, for example `displayname` or `m.tz`. Does not throw if the profile
   * does not have the field.
   *
   * Requires a homeserver that supports v1.16 of the specification.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3profileuseridkeyname
   * @param keyName The field's name.
   * @param options Request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   * @throws {MForbidden} If the homeserver does not allow the user to change it.
   */
  async deleteProfileField(keyName: string, options?: RequestOptions): Promise<void> {
    await this.request("DELETE", path`/_matrix/client/v3/profile/${this.ownUserId()}/${keyName}`, options);
  }

  /**
   * Sets several fields of the user's own profile at once. Only Beeper's homeserver supports it. On other homeservers,
   * use {@linkcode ProfileMethods.prototype.setProfileField}.
   *
   * @param customFields The fields and their new values.
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

  /** Sets a display name or avatar, unless the getter returns the same value. */
  async #setText(
    name: string,
    getter: "getDisplayname" | "getAvatarUrl",
    value: string | null,
    options: SetProfileOptions | undefined,
  ): Promise<void> {
    const { checkCurrent, ...request } = given(options);
    const userId = this.ownUserId();
    // An omitted argument must not remove the current value.
    if (value !== null && typeof value !== "string") {
      throw new TypeError(`Cannot set ${name}: it is neither a string nor null`);
    }
    // Clients show an empty value and a missing one alike.
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
