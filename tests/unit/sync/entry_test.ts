/** Events that were sent before the user entered the room. */
import { assertEquals } from "@std/assert";
import { type ClientOptions, MemorySyncStore } from "../../../client/mod.ts";
import { type Answer, matrixError } from "../../support/fake_homeserver.ts";
import {
  answering,
  joined,
  ME,
  member,
  message,
  MESSAGES,
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
async function deliver(
  response: Json,
  options: Partial<ClientOptions> = {},
  ...pages: Answer[]
): Promise<string[]> {
  const delivered: string[] = [];
  const server = syncServer(response);
  if (pages.length > 0) server.on(MESSAGES, ...pages);
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
  ];
  for (const [events, expected] of cases) {
    assertEquals(await deliver(timeline(...events)), expected);
    assertEquals(await deliver(timeline(...events), { mxid: undefined }), expected);
    const ids = events.map(({ event_id }) => `timeline ${event_id}`);
    assertEquals(await deliver(timeline(...events), { catchUp: "all" }), ids);
  }
});

Deno.test("Client.run() delivers the new events of a timeline in which the user left and returned", async () => {
  const returns = [
    [message("1"), kick(), message("2"), invite("leave"), own("join", "invite"), message("3")],
    [message("1"), own("leave", "join"), message("2"), name("n"), own("join", "leave"), message("3")],
    [message("1"), own("leave", "join"), message("2"), own("join"), message("3")],
  ];
  for (const events of returns) {
    if (events.length === 5) events.forEach((event) => delete event.unsigned);
    const page = (id: string) => ({ start: "s0", chunk: [{ ...message("x"), event_id: id }], end: "e" });
    const empty = { start: "s0", chunk: [], end: "e" };
    const state = events.filter(({ event_id }) => ["$invite", "$n"].includes(event_id)).map((one) =>
      `state ${one.event_id}`
    );
    const after = ["timeline $join", "timeline $3"];
    const all = ["timeline $1", "timeline $leave", ...state, ...after];
    assertEquals(await deliver(timeline(...events), {}, page("$1")), all);
    assertEquals(await deliver(timeline(...events), {}, empty, page("$leave")), all.slice(1));
    assertEquals(await deliver(timeline(...events), {}, page("$2")), [...state, ...after]);
    assertEquals(await deliver(timeline(...events), {}, page("$join")), after);
    assertEquals(await deliver(timeline(...events), {}, page("$3")), after.slice(1));
    assertEquals(await deliver(timeline(...events), {}, { start: "s0", chunk: [] }), []);
    assertEquals(await deliver(timeline(...events), {}, page("$older")), all);
    assertEquals(await deliver(timeline(...events), {}, matrixError(403, "M_FORBIDDEN")), [
      ...state,
      ...after,
    ]);
    assertEquals(await deliver(timeline(...events)), [...state, ...after]);
    assertEquals((await deliver(timeline(...events), { catchUp: "all" })).length, events.length);
  }
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
  const forwards = { start: "s0", chunk: [message("1")], end: "e" };
  const backwards = { start: "p", chunk: [message("2"), message("1")] };
  const server = syncServer(response)
    .on(MESSAGES, answering(({ query }) => query.get("dir") === "f" ? forwards : backwards));
  const delivered: string[] = [];
  const client = syncClient(server, { since: "s0" });
  client.on("m.room.message", ({ event_id }) => delivered.push(event_id));
  await runUntil(client, () => polls(server).length === 2);
  assertEquals(delivered, ["$1", "$2", "$3", "$5"]);
});
