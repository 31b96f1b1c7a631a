import { within } from "../../http/retry.ts";
import { MatrixRequestError } from "../../http/errors/base.ts";
import { MNotFound } from "../../http/errors/codes.ts";
import { given, kindOf } from "../../http/validate.ts";
import type { DirectAccountDataEventContent } from "../../types/events/mod.ts";
import type { RoomID, UserID } from "../../types/identifiers.ts";
import { BaseClientAPI } from "../base.ts";
import type { ClientAPI } from "../client_api.ts";
import type { Client } from "./client.ts";
import { retry } from "./retry.ts";

/** Options of {@linkcode autojoin}. */
export interface AutojoinOptions {
  /** User IDs and server names whose invitations to accept. By default, everybody's. */
  from?: readonly string[] | undefined;
  /**
   * Whether to add rooms that the user is invited to as direct chats to the `m.direct` account data.
   *
   * @default {true}
   */
  direct?: boolean | undefined;
}

/** Statuses of a join that may succeed later: over federation an invitation can come before its room is known. */
const EARLY: readonly number[] = [403, 404];

/** Waits before the retries of a join that was refused, in milliseconds. */
const EARLY_WAITS: readonly number[] = [1_000, 5_000, 20_000, 60_000];

/** The longest wait for another action, in milliseconds. On Workers, one of an earlier request never ends. */
const LONGEST_TURN = 10_000;

/**
 * Accepts invitations.
 *
 * Nothing waits for a join. The batch of the invitation is committed after it, so a crash repeats it. A join that is
 * refused with 403 or 404 is retried after 1, 5, 20 and 60 seconds; then, or after another error, `onHandlerError` is
 * called.
 *
 * @example Accept invitations from one server, and from one user
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
 * @param options Whose invitations to accept.
 * @returns A function that stops accepting invitations.
 * @throws {TypeError} If an option is invalid.
 */
export function autojoin(client: Client, options?: AutojoinOptions): () => void {
  const { from, direct } = given(options);
  if (from && !(Array.isArray(from) && from.every((name) => typeof name === "string"))) {
    throw new TypeError(
      `Cannot accept invitations: from must be a list of user IDs and server names, received ${kindOf(from)}`,
    );
  }
  if (direct !== undefined && direct !== null && typeof direct !== "boolean") {
    throw new TypeError(`Cannot accept invitations: direct must be a boolean, received ${kindOf(direct)}`);
  }
  const turns = new Turns();
  return client.on("m.room.member", ({ sender, state_key, content }, { roomId, signal, waitUntil }) => {
    if (content.membership !== "invite" || state_key !== client.mxid) return;
    if (from && !from.some((name) => name === sender || name === serverOf(sender))) return;
    const accept = async () => {
      await join(client, roomId, sender, signal);
      if (content.is_direct !== true || direct === false) return;
      await turns.run("m.direct", () => addDirectRoom(client, sender, roomId, signal));
    };
    waitUntil(accept());
  }, { from: "invite" });
}

/**
 * Joins the replacements of upgraded rooms.
 *
 * Nothing waits for a join, and refusals are retried, as with {@linkcode autojoin}.
 *
 * @example Usage
 * ```ts
 * import { Client, followUpgrades } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const client = new Client({ baseUrl: "https://matrix.example.org", token: "secret" });
 * const stopFollowing = followUpgrades(client);
 * stopFollowing();
 * assertEquals(client.syncState.state, "stopped");
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#room-upgrades
 * @param client The client.
 * @returns A function that stops following upgrades.
 */
export function followUpgrades(client: Client): () => void {
  const followed = new Set<RoomID>();
  const turns = new Turns();
  return client.on(
    "m.room.tombstone",
    ({ sender, state_key, content }, { since, from, signal, waitUntil }) => {
      const { replacement_room: replacement } = content;
      // The state of the initial sync has rooms that were upgraded long ago.
      if (from === "state" && since === undefined) return;
      if (state_key !== "" || typeof replacement !== "string") return;
      waitUntil(turns.run(replacement, async () => {
        if (followed.has(replacement)) return;
        await join(client, replacement, sender, signal);
        followed.add(replacement);
      }));
    },
    {
      // A tombstone in a gap that is too large to be filled is in the state.
      from: ["timeline", "state"],
    },
  );
}

/** Joins a room through the server of a user. A refusal is retried. */
async function join(client: ClientAPI, roomId: RoomID, sender: UserID, signal: AbortSignal): Promise<void> {
  const server = serverOf(sender);
  const servers = server === undefined ? undefined : [server];
  await retry(
    () => client.joinRoom(roomId, { servers, signal }),
    (error, failures) =>
      error instanceof MatrixRequestError && EARLY.includes(error.status)
        ? EARLY_WAITS[failures - 1]
        : undefined,
    signal,
  );
}

/** Adds a room to the direct chats with a user. */
async function addDirectRoom(
  client: ClientAPI,
  user: UserID,
  roomId: RoomID,
  signal: AbortSignal,
): Promise<void> {
  const chats: DirectAccountDataEventContent = await client.getAccountData("m.direct", { signal }).catch(
    (error) => {
      if (error instanceof MNotFound) return {};
      throw error;
    },
  );
  const rooms = Array.isArray(chats[user]) ? chats[user] : [];
  if (!rooms.includes(roomId)) {
    await client.setAccountData("m.direct", { ...chats, [user]: [...rooms, roomId] }, { signal });
  }
}

/** Runs actions with the same key one after another. */
class Turns {
  readonly #last = new Map<string, Promise<void>>();

  async run(key: string, action: () => Promise<void>): Promise<void> {
    const last = this.#last.get(key);
    const turn = (async () => {
      if (last !== undefined) await within(last.catch(() => {}), LONGEST_TURN, undefined);
      await action();
    })();
    this.#last.set(key, turn);
    try {
      await turn;
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    }
  }
}

/** Returns the server of a user; `undefined` if the user ID is malformed. */
function serverOf(userId: UserID): string | undefined {
  try {
    return BaseClientAPI.parseUserId(userId)[1];
  } catch {
    return undefined;
  }
}
