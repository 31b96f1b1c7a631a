/**
 * A Matrix client library on web standards: {@linkcode ClientAPI} with a method for each endpoint that it covers, over
 * {@linkcode HTTPAPI}, a transport that retries, times out and fails with one tree of errors; and {@linkcode Client}, a
 * `ClientAPI` that syncs and loses nothing on the way.
 *
 * This entry point has everything; `./client`, `./http` and `./types` are its parts.
 *
 * @example Sign in, talk, listen
 * ```ts
 * import { ClientAPI, isRoomMessage } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const client = new ClientAPI({ baseUrl: "https://matrix.example.org" });
 * await client.login({ identifier: "alice", password: "secret" });
 * const roomId = await client.createRoom({ name: "Lunch", invitees: ["@bob:example.org"] });
 * const { next_batch: since } = await client.sync({ timeout: 0 });
 *
 * await client.sendText(roomId, { html: "<b>Soup</b> today" });
 * const { rooms } = await client.sync({ since });
 * const [event] = rooms?.join?.[roomId]?.timeline?.events ?? [];
 * assertEquals(isRoomMessage(event) && event.content.body, "**Soup** today");
 * ```
 *
 * @example Errors have a class for each code
 * ```ts
 * import { ClientAPI, MForbidden } from "@mtx/client";
 * import { assertRejects } from "@std/assert";
 *
 * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
 * await assertRejects(() => client.joinRoom("#private:example.org"), MForbidden);
 * ```
 *
 * @module
 */
export * from "./client/mod.ts";
export * from "./http/mod.ts";
export * from "./types/mod.ts";
