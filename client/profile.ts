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

/** Options of {@linkcode ProfileMethods.prototype.setDisplayname} and its kin for pictures. */
export interface SetProfileOptions extends RequestOptions {
  /**
   * Whether to look at what is set first, and to send nothing if it is the same.
   *
   * @default {true}
   */
  checkCurrent?: boolean | undefined;
}

/** Names, pictures and whatever else there is to know of users. */
export abstract class ProfileMethods extends SendingMethods {
  /**
   * Sets the user's name for people.
   *
   * Homeservers may refuse `null`; {@linkcode ProfileMethods.prototype.deleteProfileField} removes the name for good.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3profileuseridkeyname
   * @param displayname The name, or `null` for none.
   * @param options Whether to look at the current name first, and request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   * @throws {MForbidden} If the homeserver does not let the user change it.
   */
  async setDisplayname(displayname: string | null, options?: SetProfileOptions): Promise<void> {
    await this.#setText("displayname", "getDisplayname", displayname, options);
  }

  /**
   * Gets a user's name for people.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3profileuseridkeyname
   * @param userId The user.
   * @param options Request options.
   * @returns The name, or `null` if there is no such user or name.
   * @throws {MForbidden} If the homeserver does not tell.
   */
  async getDisplayname(userId: UserID, options?: RequestOptions): Promise<string | null> {
    return await this.#getText(userId, "displayname", options);
  }

  /**
   * Sets the user's picture.
   *
   * Homeservers may refuse `null`; {@linkcode ProfileMethods.prototype.deleteProfileField} removes the picture for good.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3profileuseridkeyname
   * @param avatarUrl The picture, as `uploadMedia()` gives it, or `null` for none.
   * @param options Whether to look at the current picture first, and request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   * @throws {MForbidden} If the homeserver does not let the user change it.
   */
  async setAvatarUrl(avatarUrl: ContentURI | "" | null, options?: SetProfileOptions): Promise<void> {
    await this.#setText("avatar_url", "getAvatarUrl", avatarUrl, options);
  }

  /**
   * Gets a user's picture.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3profileuseridkeyname
   * @param userId The user.
   * @param options Request options.
   * @returns The picture, or `null` if there is no such user or picture.
   * @throws {MForbidden} If the homeserver does not tell.
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
   * @returns The profile: name, picture and all other fields.
   * @throws {MNotFound} If there is no such user, or nothing is known of them; on some homeservers
   * {@linkcode MUnknown} with status 404.
   * @throws {MForbidden} If the homeserver does not tell.
   */
  async getProfile(userId: UserID, options?: RequestOptions): Promise<Profile> {
    const profile = await this.request<Profile>("GET", path`/_matrix/client/v3/profile/${userId}`, options);
    const isText = (value: unknown) => typeof value === "string" || (value ?? null) === null;
    if (isJsonObject(profile) && isText(profile.displayname) && isText(profile.avatar_url)) return profile;
    throw new MatrixResponseError("Invalid member in response");
  }

  /**
   * Gets a field of a user's profile. Fields other than name and picture need a homeserver of v1.16.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3profileuseridkeyname
   * @param userId The user.
   * @param keyName The field: `m.tz`, say.
   * @param options Request options.
   * @returns The value; `null` if the profile does not have the field.
   * @throws {MForbidden} If the homeserver does not tell.
   */
  async getProfileField<T = JsonValue>(
    userId: UserID,
    keyName: string,
    options?: RequestOptions,
  ): Promise<T | null> {
    return await this.#getField(userId, keyName, options) as T | null;
  }

  /**
   * Sets a field of the user's own profile. Fields other than name and picture need a homeserver of v1.16.
   *
   * @example A time zone for all to see
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
   * @param keyName The field: `m.tz`, or a name of one's own such as `org.example.pronouns`.
   * @param value The value, any JSON. Homeservers may refuse `null`.
   * @param options Request options.
   * @throws {TypeError} If the client's `mxid` is unset, or the value is no JSON.
   * @throws {MForbidden} If the homeserver does not let the user change it.
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
   * Removes a field from the user's own profile, name and picture included. Needs a homeserver of v1.16. It is no error
   * if the profile does not have the field.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3profileuseridkeyname
   * @param keyName The field.
   * @param options Request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   * @throws {MForbidden} If the homeserver does not let the user change it.
   */
  async deleteProfileField(keyName: string, options?: RequestOptions): Promise<void> {
    await this.request("DELETE", path`/_matrix/client/v3/profile/${this.ownUserId()}/${keyName}`, options);
  }

  /**
   * Changes several fields of the user's own profile at once. Only Beeper's homeserver can do it; elsewhere there is
   * {@linkcode ProfileMethods.prototype.setProfileField}.
   *
   * @param customFields The fields, as they are to stand in the profile.
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

  /** Sets a name or picture, unless it is what the getter finds. */
  async #setText(
    name: string,
    getter: "getDisplayname" | "getAvatarUrl",
    value: string | null,
    options: SetProfileOptions | undefined,
  ): Promise<void> {
    const { checkCurrent, ...request } = given(options);
    const userId = this.ownUserId();
    // Forgetting the argument must not remove what is there.
    if (value !== null && typeof value !== "string") {
      throw new TypeError(`Cannot set ${name}: it is neither a string nor null`);
    }
    // None and an empty one look the same to everybody.
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
