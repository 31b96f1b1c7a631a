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

/** Takes a value of a type; the compiler looks whether it is one. */
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
    // @ts-expect-error Invites bring state without an ID.
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
    // @ts-expect-error Messages for devices have no ID.
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
    // @ts-expect-error Not every event belongs to a room.
    is<RoomID>(roomId);
  });
  // @ts-expect-error There is no such place.
  client.on("m.room.message", () => {}, { from: "moon" });
  // @ts-expect-error Retries are a number.
  client.on("m.room.message", () => {}, { retries: "5" });
}

Deno.test("Client.on() knows the content of events, and where they come from", () => {
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
