import { assertEquals } from "@std/assert";
import {
  type Client,
  type ClientOptions,
  type HandlerContext,
  KvSyncStore,
  type SyncStore,
  WebStorageSyncStore,
} from "../../../client/mod.ts";
import type { EventID, RoomID, SyncResponse, UserID } from "../../../types/mod.ts";
import { syncClient, syncServer } from "../../support/sync_server.ts";

/** Accepts a value of a type, for the compiler to check. */
function is<T>(_value: T): void {}

function onTypes(client: Client): void {
  client.on("m.room.message", (event, context) => {
    is<EventID>(event.event_id);
    is<UserID>(event.sender);
    is<RoomID>(event.room_id);
    is<HandlerContext>(context);
    is<RoomID>(context.roomId);
    is<AbortSignal>(context.signal);
    if (event.content.msgtype === "m.text") is<string>(event.content.body);
    // @ts-expect-error Messages have no topic.
    is<string>(event.content.topic);
  });
  client.on("m.room.topic", (event) => {
    is<string | undefined>(event.content.topic);
    is<string>(event.state_key);
    // @ts-expect-error Stripped state of invitations has no ID.
    is<EventID>(event.event_id);
  });
  client.on("m.room.member", async (event, { client, roomId }) => {
    if (event.content.membership === "join") await client.getMembers(roomId);
  }, { from: ["timeline", "invite"] });
  client.on("m.typing", (event, { roomId }) => {
    is<UserID[]>(event.content.user_ids);
    is<RoomID>(roomId);
  });
  client.on("m.direct", (event, { roomId }) => {
    is<Record<string, unknown>>(event.content);
    is<undefined>(roomId);
  });
  client.on("m.tag", (_, { roomId }) => is<RoomID>(roomId));
  client.on("m.presence", (event, { roomId }) => {
    is<string>(event.content.presence);
    is<UserID>(event.sender);
    is<undefined>(roomId);
  });
  client.on("m.room_key", (event) => is<UserID>(event.sender));
  client.on("m.room.encrypted", (event) => is<EventID>(event.event_id));
  client.on("m.room.encrypted", (event, { roomId }) => {
    // @ts-expect-error To-device messages have no ID.
    is<EventID>(event.event_id);
    is<undefined>(roomId);
  }, { from: "toDevice" });
  client.on<{ n: number }>("org.example.count", (event, { roomId }) => {
    is<number>(event.content.n);
    is<EventID>(event.event_id);
    is<RoomID>(roomId);
  });
  client.on<{ n: number }>("org.example.count", (event) => is<number>(event.content.n), { from: "toDevice" });
  client.on<{ n: number }>("org.example.count", (event) => is<number>(event.content.n), {
    from: "accountData",
  });
  client.on("org.example.count", (event) => is<unknown>(event.content.n));
  client.on("*", (event, { roomId }) => {
    is<EventID | undefined>(event.event_id);
    is<RoomID | undefined>(roomId);
    // @ts-expect-error Not every event has a room.
    is<RoomID>(roomId);
  });
  client.on("m.room.message", async (event, { send, reply, waitUntil, from }) => {
    is<EventID>(event.event_id);
    is<UserID>(event.sender);
    is<number>(event.origin_server_ts);
    is<"timeline">(from);
    is<EventID>(await send("Hi"));
    is<EventID>(await reply({ html: "<b>Hi</b>" }, { deadline: 5 }));
    is<EventID>(await reply({ msgtype: "m.notice", body: "Hi" }));
    is<void>(waitUntil(send("later"), { deadline: 5 }));
    // @ts-expect-error A redaction may have removed the body.
    is<string>(event.content.body);
    is<string | undefined>(event.content.body);
    const { msgtype, body } = event.content;
    if (msgtype === "m.text") is<string>(body);
    if (msgtype === undefined) return;
    is<string>(body);
  }, { from: "timeline" });
  client.on("m.room.message", (event, { roomId, send, reply, waitUntil }) => {
    // @ts-expect-error To-device messages have no ID.
    is<EventID>(event.event_id);
    is<UserID>(event.sender);
    is<undefined>(roomId);
    // @ts-expect-error There is no room to send to.
    is<(content: string) => unknown>(send);
    is<undefined>(reply);
    waitUntil(Promise.resolve());
  }, { from: "toDevice" });
  client.on("m.room.member", (event, { reply }) => {
    is<string>(event.content.membership);
    is<string | null | undefined>(event.content.displayname);
    // @ts-expect-error Invitations have no ID.
    is<EventID>(event.event_id);
    reply?.("Welcome");
  });
  client.on("m.room.topic", (event, { reply }) => {
    is<EventID>(event.event_id);
    is<string>(event.state_key);
    reply("Nice");
  }, { from: ["timeline", "state"] });
  client.on("m.room.encrypted", (event) => {
    // @ts-expect-error A redaction may have removed the algorithm.
    is<string>(event.content.algorithm);
  }, { from: "timeline" });
  client.on("*", (event, { roomId }) => {
    is<EventID>(event.event_id);
    is<RoomID>(roomId);
  }, { from: ["timeline", "leave"] });
  client.on("*", (event) => {
    is<EventID | undefined>(event.event_id);
    is<UserID | undefined>(event.sender);
  }, { from: ["timeline", "toDevice"] });
  client.on<{ n: number }, "toDevice">("org.example.count", (event, { roomId }) => {
    is<number>(event.content.n);
    // @ts-expect-error To-device messages have no ID.
    is<EventID>(event.event_id);
    is<undefined>(roomId);
  }, { from: "toDevice" });
  client.on("org.example.count", (event, { reply }) => {
    is<EventID>(event.event_id);
    is<unknown>(event.content.n);
    reply("Counted");
  }, { retries: 3 });
  client.on("org.example.count", (event) => {
    // @ts-expect-error Account data has no sender.
    is<UserID>(event.sender);
  }, { from: "accountData" });
  // @ts-expect-error The origin is unknown.
  client.on("m.room.message", () => {}, { from: "moon" });
  // @ts-expect-error retries is a number.
  client.on("m.room.message", () => {}, { retries: "5" });
}

Deno.test("Client.on() types events and contexts by event type and origin", () => {
  const client = syncClient(syncServer());
  is<(client: Client) => void>(onTypes);
  is<AsyncIterable<SyncResponse>>(client.syncs());
  is<ClientOptions>({ baseUrl: "https://x.y", filter: { room: { timeline: { limit: 5 } } }, gapLimit: 5 });
  is<SyncStore>({ get: () => Promise.resolve(undefined), set: () => Promise.resolve() });
  is<SyncStore>(
    new KvSyncStore(
      { get: (_: unknown[]) => Promise.resolve({ value: null }), set: () => Promise.resolve() },
      ["a"],
    ),
  );
  is<SyncStore>(new WebStorageSyncStore({ getItem: () => null, setItem: () => {} }, "a"));
  assertEquals(client.syncState.state, "stopped");
});
