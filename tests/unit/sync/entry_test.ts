/** Events that were sent before the user entered the room. */
import { assertEquals } from "@std/assert";
import { type ClientOptions, MemorySyncStore } from "../../../client/mod.ts";
import {
  joined,
  ME,
  member,
  message,
  polls,
  ROOM,
  runUntil,
  syncClient,
  syncServer,
} from "../../support/sync_server.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const own = (membership: string, before?: string, sender: string = ME) => ({
  ...member(ME, membership, before),
  event_id: `$${membership}`,
  sender,
});
const invite = (before?: string) => own("invite", before, "@alice:example.org");
const kick = () => own("leave", "join", "@alice:example.org");
const name = (id: string) => message(id, { type: "m.room.name", state_key: "", content: { name: id } });

/** Returns the origins and IDs of what a client delivers. */
async function deliver(response: Json, options: Partial<ClientOptions> = {}): Promise<string[]> {
  const delivered: string[] = [];
  const server = syncServer(response);
  const client = syncClient(server, { store: new MemorySyncStore("s0"), ...options });
  client.on("*", ({ event_id }, { from }) => delivered.push(`${from} ${event_id}`), {
    from: ["timeline", "leave", "state"],
  });
  await runUntil(client, () => polls(server).length === 2);
  return delivered;
}

const timeline = (...events: Json[]) => joined("s1", { timeline: { events } });

Deno.test("Client.run() skips messages from before the user's entry, and delivers state as state", async () => {
  const cases: [Json[], string[]][] = [
    [[message("1"), own("join", "invite"), message("2")], ["timeline $join", "timeline $2"]],
    [[message("1"), own("join"), message("2")], ["timeline $join", "timeline $2"]],
    [[message("1"), own("join", "leave"), message("2")], ["timeline $join", "timeline $2"]],
    [[message("1"), own("join", "ban"), message("2")], ["timeline $join", "timeline $2"]],
    [[message("1"), own("join", "knock"), message("2")], ["timeline $join", "timeline $2"]],
    [
      [name("n"), message("1"), invite(), message("2"), own("join", "invite"), message("3")],
      ["state $n", "state $invite", "timeline $join", "timeline $3"],
    ],
    [
      [message("1"), kick(), message("2"), invite("leave"), own("join", "invite"), message("3")],
      ["timeline $1", "timeline $leave", "state $invite", "timeline $join", "timeline $3"],
    ],
    [
      [message("1"), own("leave", "join"), message("2"), name("n"), own("join", "leave"), message("3")],
      ["timeline $1", "timeline $leave", "state $n", "timeline $join", "timeline $3"],
    ],
  ];
  for (const [events, expected] of cases) {
    assertEquals(await deliver(timeline(...events)), expected);
    assertEquals(await deliver(timeline(...events), { mxid: undefined }), expected);
    const ids = events.map(({ event_id }) => `timeline ${event_id}`);
    assertEquals(await deliver(timeline(...events), { catchUp: "all" }), ids);
  }
});

Deno.test("Client.run() skips messages between two visits, where the homeserver names no previous membership", async () => {
  const events = [message("1"), kick(), message("2"), own("join"), message("3")];
  for (const event of events) delete event.unsigned;
  assertEquals(await deliver(timeline(...events)), [
    "timeline $1",
    "timeline $leave",
    "timeline $join",
    "timeline $3",
  ]);
});

Deno.test("Client.run() delivers everything around a profile change and the entries of others", async () => {
  for (
    const event of [own("join", "join"), member("@bob:x", "join", "invite"), kick(), own("join", "join")]
  ) {
    const events = [message("1"), event, message("2")];
    assertEquals(await deliver(timeline(...events)), events.map(({ event_id }) => `timeline ${event_id}`));
  }
});

Deno.test("Client.run() skips messages from before an entry in a room that was left again", async () => {
  const events = [message("1"), own("join", "invite"), message("2"), kick()];
  const response = { next_batch: "s1", rooms: { leave: { [ROOM]: { timeline: { events } } } } };
  assertEquals(await deliver(response), ["leave $join", "leave $2", "leave $leave"]);
});

Deno.test("Client.run() fills the gap before a kick, and skips messages between the kick and the next entry", async () => {
  const events = [message("3"), kick(), message("4"), own("join", "leave"), message("5")];
  const response = joined("s1", { timeline: { events, limited: true, prev_batch: "p" } });
  const server = syncServer(response)
    .on(`GET /_matrix/client/v3/rooms/${encodeURIComponent(ROOM).replace("!", "%21")}/messages`, {
      start: "p",
      chunk: [message("2"), message("1")],
    });
  const delivered: string[] = [];
  const client = syncClient(server, { since: "s0" });
  client.on("m.room.message", ({ event_id }) => delivered.push(event_id));
  await runUntil(client, () => polls(server).length === 2);
  assertEquals(delivered, ["$1", "$2", "$3", "$5"]);
});
