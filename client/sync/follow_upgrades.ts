import type { RoomID } from "../../types/identifiers.ts";
import { serverOf } from "./autojoin.ts";
import type { Client } from "./client.ts";

/**
 * Joins the successors of rooms that are upgraded.
 *
 * Joining is part of handling the upgrade, as with {@linkcode autojoin}: what fails for good is told by `onHandlerError`.
 *
 * @example Usage
 * ```ts
 * import { Client, followUpgrades } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const client = new Client({ baseUrl: "https://matrix.example.org", token: "secret" });
 * const end = followUpgrades(client);
 * end();
 * assertEquals(client.syncState.state, "stopped");
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#room-upgrades
 * @param client The client.
 * @returns Ends it.
 */
export function followUpgrades(client: Client): () => void {
  const followed = new Set<RoomID>();
  return client.on("m.room.tombstone", async (event, { since, from, signal }) => {
    const { replacement_room: successor } = event.content;
    // In the state of a first sync are rooms that were left behind long ago.
    if (from === "state" && since === undefined) return;
    if (event.state_key !== "" || typeof successor !== "string" || followed.has(successor)) return;
    const server = serverOf(event.sender);
    await client.joinRoom(successor, { servers: server === undefined ? undefined : [server], signal });
    followed.add(successor);
  }, {
    // State holds what a gap has swallowed.
    from: ["timeline", "state"],
    retries: 0,
    handlerDeadline: Infinity,
  });
}
