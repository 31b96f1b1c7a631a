import { BaseClientAPI } from "../base.ts";
import type { UserID } from "../../types/identifiers.ts";
import type { Client } from "./client.ts";

/** Options of {@linkcode autojoin}. */
export interface AutojoinOptions {
  /** Whose invites are accepted: user IDs and server names. By default, everybody's. */
  from?: readonly string[] | undefined;
}

/**
 * Accepts invites.
 *
 * An invite comes only once, so joining is part of handling it: a batch is committed when the join has succeeded, was
 * refused, or has failed as often as the client's `retry` allows. The last two are told by `onHandlerError`. Other rooms
 * go on meanwhile.
 *
 * @example Of one server's users
 * ```ts
 * import { autojoin, Client } from "@mtx/client";
 * import { assert } from "@std/assert";
 *
 * const client = new Client({ baseUrl: "https://matrix.example.org", token: "secret" });
 * autojoin(client, { from: ["example.org", "@carol:example.com"] });
 * client.on("m.room.member", (event, { from }) => {
 *   if (from === "timeline" && event.state_key === client.mxid) client.stop();
 * });
 * await client.run();
 * assert((await client.getJoinedRooms()).includes("!invited:example.org"));
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#room-membership
 * @param client The client.
 * @param options Whose invites are accepted.
 * @returns Ends it.
 * @throws {TypeError} If `from` is no list of strings.
 */
export function autojoin(client: Client, options?: AutojoinOptions): () => void {
  const { from } = options ?? {};
  if (from && !(Array.isArray(from) && from.every((name) => typeof name === "string"))) {
    throw new TypeError("Cannot accept invites: `from` must be a list of user IDs and server names");
  }
  return client.on("m.room.member", async (event, { roomId, signal }) => {
    if (event.content.membership !== "invite" || event.state_key !== client.mxid) return;
    const server = serverOf(event.sender);
    if (from && !from.some((name) => name === event.sender || name === server)) return;
    await client.joinRoom(roomId, { servers: server === undefined ? undefined : [server], signal });
  }, {
    from: "invite",
    // Nobody invites themselves. It makes sure that the client knows who it is.
    own: false,
    // It is the transport that tries again, and that ends it.
    retries: 0,
    handlerDeadline: Infinity,
  });
}

/** The server of a user. */
export function serverOf(userId: UserID): string | undefined {
  try {
    return BaseClientAPI.parseUserId(userId)[1];
  } catch {
    return undefined;
  }
}
