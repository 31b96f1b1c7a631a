/** Responses of `/sync`, a fake homeserver that sends them, and a client for tests of syncing. */
import type { RoomID, UserID } from "../../types/mod.ts";
import { Client, type ClientOptions, type SyncState } from "../../client/mod.ts";
import { silentLog } from "../../http/mod.ts";
import {
  type Answer,
  type Answering,
  FakeHomeserver,
  json,
  type Received,
  silence,
} from "./fake_homeserver.ts";

/** The user of the tested client. */
export const ME: UserID = "@me:example.org";
/** A room. */
export const ROOM: RoomID = "!room:example.org";
export const SYNC = "GET /_matrix/client/v3/sync";
export const MESSAGES = `GET /_matrix/client/v3/rooms/${
  encodeURIComponent(ROOM).replace("!", "%21")
}/messages`;

// deno-lint-ignore no-explicit-any
type Json = any;

let made = 0;

/** Returns a message as `/sync` has it. */
export function message(body: string, more: Json = {}): Json {
  return {
    type: "m.room.message",
    event_id: `$${body}`,
    sender: "@alice:example.org",
    origin_server_ts: ++made,
    content: { msgtype: "m.text", body },
    ...more,
  };
}

/** Returns a member event of a user, sent by the user. */
export function member(userId: string, membership: string, before?: string): Json {
  return {
    type: "m.room.member",
    state_key: userId,
    event_id: `$member${++made}`,
    sender: userId,
    origin_server_ts: made,
    content: { membership },
    ...(before === undefined ? {} : { unsigned: { prev_content: { membership: before } } }),
  };
}

/** Returns a response with messages in a room. */
export function batch(next: string, ...bodies: string[]): Json {
  return joined(next, { timeline: { events: bodies.map((body) => message(body)) } });
}

/** Returns a response with a joined room. */
export function joined(next: string, room: Json, roomId = ROOM): Json {
  return { next_batch: next, rooms: { join: { [roomId]: room } } };
}

/** Creates a homeserver that sends these responses to polls; then polls stay open. */
export function syncServer(...answers: Answer[]): FakeHomeserver {
  return new FakeHomeserver().on(SYNC, ...answers, silence())
    .on("GET /_matrix/client/v3/account/whoami", { user_id: ME });
}

/** Creates a client of a fake homeserver. */
export function syncClient(server: FakeHomeserver, options: Partial<ClientOptions> = {}): Client {
  return new Client({
    baseUrl: "https://hs.example.org",
    token: "secret",
    mxid: ME,
    log: silentLog,
    fetch: server.fetch,
    ...options,
  } as ClientOptions);
}

/** Returns the polls that a homeserver has received. */
export function polls(server: FakeHomeserver): Received[] {
  return server.received.filter(({ path }) => path === "/_matrix/client/v3/sync");
}

/** Returns the requests for pages of history that a homeserver has received. */
export function pages(server: FakeHomeserver): Received[] {
  return server.received.filter(({ path }) => path.endsWith("/messages"));
}

/** Returns a response that depends on the request. */
export function answering(answer: (request: Received) => Json): Answering {
  return (request) => json(answer(request))(request);
}

/** Collects the states that `onState()` is called with. */
export function stateLog(): { states: SyncState[]; onState: (state: SyncState) => void; names(): string[] } {
  const states: SyncState[] = [];
  return { states, onState: (state) => states.push(state), names: () => states.map(({ state }) => state) };
}

/** Waits until a condition holds. */
export async function until(fits: () => boolean, milliseconds = 2_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!fits()) {
    if (performance.now() > end) throw new Error("The condition did not hold in time");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Runs a client until a condition holds, and stops it. */
export async function runUntil(client: Client, fits: () => boolean): Promise<void> {
  const run = client.run();
  // An error is thrown where the run is awaited.
  run.catch(() => {});
  let ended = false;
  run.finally(() => ended = true).catch(() => {});
  await until(() => ended || fits());
  await client.stop();
  await run;
}
