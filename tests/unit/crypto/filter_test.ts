/** Filters of syncs with encryption. */
import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { widenFilter } from "../../../client/crypto/filter.ts";
import { MemorySyncStore } from "../../../client/mod.ts";
import type { Filter } from "../../../types/mod.ts";
import { cryptoClient, cryptoServer } from "../../support/fake_engine.ts";
import { ME, polls } from "../../support/sync_server.ts";

const STATE = ["m.room.encryption", "m.room.member", "m.room.history_visibility"];
const FILTERS = `/_matrix/client/v3/user/${encodeURIComponent(ME)}/filter`;

Deno.test("widenFilter() adds the types that encryption needs, and removes their exclusion", () => {
  const cases: [Filter, Filter][] = [
    [
      { room: { timeline: { types: ["m.room.message"], limit: 5 } } },
      { room: { timeline: { types: ["m.room.message", "m.room.encrypted", ...STATE], limit: 5 } } },
    ],
    [
      { presence: { types: [] }, room: { state: { types: ["m.room.name", "m.room.member"] } } },
      {
        presence: { types: [] },
        room: { state: { types: ["m.room.name", "m.room.member", STATE[0]!, STATE[2]!] } },
      },
    ],
    [{ room: { state: { types: [] } } }, { room: { state: { types: STATE } } }],
    [
      {
        room: {
          state: { not_types: ["m.room.member", "m.*.name"] },
          timeline: { not_types: ["*.encrypted"] },
        },
      },
      { room: { state: { not_types: ["m.*.name"] }, timeline: { not_types: [] } } },
    ],
    [
      { room: { timeline: { types: ["m.room.enc*"] } } },
      { room: { timeline: { types: ["m.room.enc*", STATE[1]!, STATE[2]!] } } },
    ],
  ];
  for (const [filter, widened] of cases) {
    const before = structuredClone(filter);
    const result = widenFilter(filter);
    assertEquals({ ...result, room: JSON.parse(JSON.stringify(result.room)) }, widened);
    assertEquals(filter, before);
    assertEquals(widenFilter(result), result);
  }
});

Deno.test("widenFilter() returns a filter that fits", () => {
  const fitting: Filter[] = [
    {},
    { room: {} },
    { room: { rooms: ["!a:b"], timeline: { limit: 1, lazy_load_members: true } } },
    { room: { timeline: { types: ["*"] }, state: { types: ["m.room.*"], not_types: ["m.room.topic"] } } },
    { room: { timeline: { types: ["m.*m.*"] }, state: { types: ["*m*"] }, ephemeral: { types: [] } } },
    { event_format: "client", presence: { not_types: ["*"] }, account_data: { senders: ["@a:b"] } },
  ];
  for (const filter of fitting.filter(({ room }) => room?.timeline?.types?.[0] !== "m.*m.*")) {
    assertStrictEquals(widenFilter(filter), filter);
  }
});

Deno.test("widenFilter() refuses filters that encryption cannot work with", () => {
  const refused: [Filter, string][] = [
    [{ event_fields: ["content.body"] }, "event_fields removes parts of events"],
    [{ event_format: "federation" }, "event_format must be client"],
    [{ room: { timeline: { contains_url: true } } }, "contains_url of room.timeline"],
    [{ room: { timeline: { senders: ["@a:b"] } } }, "room.timeline must not select events by sender"],
    [{ room: { state: { not_senders: ["@a:b"] } } }, "room.state must not select events by sender"],
  ];
  for (const [filter, reason] of refused) {
    assertThrows(
      () => widenFilter(filter),
      TypeError,
      `Cannot sync with encryption: the filter does not fit: ${reason}`,
    );
  }
});

Deno.test("Client.run() uploads a widened filter, and refuses others before any request", async () => {
  const server = cryptoServer({}, { next_batch: "s1" }).on(`POST ${FILTERS}`, { filter_id: "1" });
  const { client } = cryptoClient(server, { filter: { room: { timeline: { types: ["m.room.message"] } } } });
  await client.runOnce();
  assertEquals(server.received[0]!.body, {
    room: { timeline: { types: ["m.room.message", "m.room.encrypted", ...STATE] } },
  });
  assertEquals(polls(server)[0]!.query.get("filter"), "1");

  const silent = cryptoServer({});
  const { client: refused } = cryptoClient(silent, { filter: { event_fields: ["content"] } });
  await assertRejects(() => refused.run(), TypeError, "event_fields");
  assertEquals(silent.received, []);
});

Deno.test("Client.run() replaces the ID of a filter that does not fit by a widened one", async () => {
  for (
    const [definition, id] of [[{ room: { timeline: { types: [] } } }, "2"], [{ room: {} }, "1"]] as const
  ) {
    const server = cryptoServer({}, { next_batch: "s1" })
      .on(`GET ${FILTERS}/1`, definition)
      .on(`POST ${FILTERS}`, { filter_id: "2" });
    const { client } = cryptoClient(server, { filter: "1", store: new MemorySyncStore("s0") });
    await client.runOnce();
    assertEquals(polls(server)[0]!.query.get("filter"), id);
  }
  const inline = cryptoServer({}, { next_batch: "s1" }).on(`POST ${FILTERS}`, { filter_id: "2" });
  await cryptoClient(inline, { filter: '{"room":{"timeline":{"types":[]}}}' }).client.runOnce();
  assertEquals(polls(inline)[0]!.query.get("filter"), "2");
});
