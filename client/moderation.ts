import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { objectResponse, required } from "../http/response_fields.ts";
import { checkGiven, given, kindOf, unlessEmpty } from "../http/validate.ts";
import type { EventID, RoomID, UserID } from "../types/identifiers.ts";
import type { WhoisResponse } from "../types/users.ts";
import { PusherMethods } from "./push.ts";

/** Options of {@linkcode ModerationMethods.prototype.reportEvent}. */
export interface ReportEventOptions extends RequestOptions {
  /** Why the event is reported. */
  reason?: string | undefined;
}

/** Reports to the server's administrators, and what they can do with accounts. */
export abstract class ModerationMethods extends PusherMethods {
  /**
   * Reports an event to the administrators of the homeserver.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreporteventid
   * @param roomId The room.
   * @param eventId The event.
   * @param options The reason, and request options. Not retried after a lost connection, because each request makes a
   * report.
   * @throws {MNotFound} If there is no such event. Servers may hide that.
   */
  async reportEvent(roomId: RoomID, eventId: EventID, options?: ReportEventOptions): Promise<void> {
    const { reason } = given(options);
    checkGiven("string", { reason });
    await this.request("POST", path`/_matrix/client/v3/rooms/${roomId}/report/${eventId}`, options, {
      body: { reason: unlessEmpty(reason) },
    });
  }

  /**
   * Reports a room to the administrators of the homeserver. The user need not be in it.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreport
   * @param roomId The room.
   * @param reason Why the room is reported; may be empty.
   * @param options Request options. Not retried after a lost connection, because each request makes a report.
   * @throws {MNotFound} If there is no such room. Servers may hide that.
   */
  async reportRoom(roomId: RoomID, reason: string, options?: RequestOptions): Promise<void> {
    const body = { reason: checkReason(reason) };
    await this.request("POST", path`/_matrix/client/v3/rooms/${roomId}/report`, options, { body });
  }

  /**
   * Reports a user to the administrators of the homeserver.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3usersuseridreport
   * @param userId The user.
   * @param reason Why the user is reported; may be empty.
   * @param options Request options. Not retried after a lost connection, because each request makes a report.
   * @throws {MNotFound} If there is no such user. Servers may hide that.
   */
  async reportUser(userId: UserID, reason: string, options?: RequestOptions): Promise<void> {
    const body = { reason: checkReason(reason) };
    await this.request("POST", path`/_matrix/client/v3/users/${userId}/report`, options, { body });
  }

  /**
   * Gets the sessions of a user: the client's own, or anybody's for an administrator.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3adminwhoisuserid
   * @param userId The user.
   * @param options Request options.
   * @returns The user's devices with their sessions and connections. Synapse lists all sessions under one device with an
   * empty ID.
   * @throws {MForbidden} If it is another user and the client's user is not an administrator.
   */
  async whois(userId: UserID, options?: RequestOptions): Promise<WhoisResponse> {
    return objectResponse(
      await this.request<WhoisResponse>("GET", path`/_matrix/client/v3/admin/whois/${userId}`, options),
    );
  }

  /**
   * Returns whether an account is locked. For administrators of servers with the capability `m.account_moderation`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1adminlockuserid
   * @param userId The user.
   * @param options Request options.
   * @returns Whether the account is locked.
   * @throws {MForbidden} If the client's user is not an administrator.
   */
  async isUserLocked(userId: UserID, options?: RequestOptions): Promise<boolean> {
    const response = await this.request("GET", path`/_matrix/client/v1/admin/lock/${userId}`, options);
    return required(response, "locked", "boolean");
  }

  /**
   * Locks or unlocks an account. A locked account can do nothing but log out, and gets 401 `M_USER_LOCKED`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv1adminlockuserid
   * @param userId The user.
   * @param locked Whether to lock the account.
   * @param options Request options.
   * @returns Whether the account is locked now.
   * @throws {MForbidden} If the client's user is not an administrator, or the account is protected.
   */
  async setUserLocked(userId: UserID, locked: boolean, options?: RequestOptions): Promise<boolean> {
    const body = { locked: checkFlag("locked", locked) };
    const response = await this.request("PUT", path`/_matrix/client/v1/admin/lock/${userId}`, options, {
      body,
    });
    return required(response, "locked", "boolean");
  }

  /**
   * Returns whether an account is suspended. For administrators of servers with the capability `m.account_moderation`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1adminsuspenduserid
   * @param userId The user.
   * @param options Request options.
   * @returns Whether the account is suspended.
   * @throws {MForbidden} If the client's user is not an administrator.
   */
  async isUserSuspended(userId: UserID, options?: RequestOptions): Promise<boolean> {
    const response = await this.request("GET", path`/_matrix/client/v1/admin/suspend/${userId}`, options);
    return required(response, "suspended", "boolean");
  }

  /**
   * Suspends an account or ends its suspension. A suspended account can read, but not send.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv1adminsuspenduserid
   * @param userId The user.
   * @param suspended Whether to suspend the account.
   * @param options Request options.
   * @returns Whether the account is suspended now.
   * @throws {MForbidden} If the client's user is not an administrator, or the account is protected.
   */
  async setUserSuspended(userId: UserID, suspended: boolean, options?: RequestOptions): Promise<boolean> {
    const body = { suspended: checkFlag("suspended", suspended) };
    const response = await this.request("PUT", path`/_matrix/client/v1/admin/suspend/${userId}`, options, {
      body,
    });
    return required(response, "suspended", "boolean");
  }
}

function checkReason(reason: string): string {
  if (typeof reason === "string") return reason;
  throw new TypeError(`Cannot send the report: reason must be a string, received ${kindOf(reason)}`);
}

function checkFlag(name: string, value: boolean): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(`Cannot change the account: ${name} must be a boolean, received ${kindOf(value)}`);
}
