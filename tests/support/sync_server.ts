/** What tests of syncing have in common: answers, and a client of a homeserver whose answers are a table. */
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

/** The user whose client is tested. */
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

/** A message as sync gives it. */
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

/** A member event. */
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

/** An answer with messages in a room. */
export function batch(next: string, ...bodies: string[]): Json {
  return joined(next, { timeline: { events: bodies.map((body) => message(body)) } });
}

/** An answer about a room that the user is in. */
export function joined(next: string, room: Json, roomId = ROOM): Json {
  return { next_batch: next, rooms: { join: { [roomId]: room } } };
}

/** A homeserver that gives these answers to polls, and then lets them wait. */
export function syncServer(...answers: Answer[]): FakeHomeserver {
  return new FakeHomeserver().on(SYNC, ...answers, silence())
    .on("GET /_matrix/client/v3/account/whoami", { user_id: ME });
}

/** A client of that homeserver. */
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

/** The polls that a homeserver got. */
export function polls(server: FakeHomeserver): Received[] {
  return server.received.filter(({ path }) => path === "/_matrix/client/v3/sync");
}

/** Requests for pages of history that a homeserver got. */
export function pages(server: FakeHomeserver): Received[] {
  return server.received.filter(({ path }) => path.endsWith("/messages"));
}

/** Answers by what was asked. */
export function answering(answer: (request: Received) => Json): Answering {
  return (request) => json(answer(request))(request);
}

/** Takes what `onState` is told. */
export function stateLog(): { states: SyncState[]; onState: (state: SyncState) => void; names(): string[] } {
  const states: SyncState[] = [];
  return { states, onState: (state) => states.push(state), names: () => states.map(({ state }) => state) };
}

/** Waits until something is so. */
export async function until(fits: () => boolean, milliseconds = 2_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!fits()) {
    if (performance.now() > end) throw new Error("It did not come to that in time");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Runs a client until something is so, and stops it. */
export async function runUntil(client: Client, fits: () => boolean): Promise<void> {
  const run = client.run();
  // One that ends early is told of where it is awaited.
  run.catch(() => {});
  let ended = false;
  run.finally(() => ended = true).catch(() => {});
  await until(() => ended || fits());
  await client.stop();
  await run;
}
