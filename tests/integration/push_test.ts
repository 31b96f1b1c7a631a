import { assert, assertEquals, assertRejects } from "@std/assert";
import { MatrixRequestError, MNotFound } from "../../http/mod.ts";
import type { PushRulesResponse } from "../../types/mod.ts";
import { ask, newRoom, newTestUser, online, syncUntil, type TestUser } from "./support.ts";

const allRules = (user: TestUser) => ask<PushRulesResponse>(user, "GET", "/_matrix/client/v3/pushrules/");

online("ClientAPI.setPushRule() creates rules that getPushRule() returns", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newRoom(alice, bob);
  const actions = ["notify", { set_tweak: "highlight" }];
  await bob.client.setPushRule("global", "content", "cake é", actions, { pattern: "ca?e" });
  assertEquals(await bob.client.getPushRule("global", "content", "cake é"), {
    rule_id: "cake é",
    default: false,
    enabled: true,
    pattern: "ca?e",
    actions,
  });
  assertEquals((await allRules(bob)).global.content?.some(({ rule_id }) => rule_id === "cake é"), true);
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/1`;
  await ask(alice, "PUT", path, { msgtype: "m.text", body: "There is cake" });
  const counts = await syncUntil(bob, ({ rooms }) => {
    const { unread_notifications } = rooms?.join?.[roomId] ?? {};
    return unread_notifications?.highlight_count === 1 && unread_notifications;
  });
  assertEquals(counts.highlight_count, 1);
});

online("ClientAPI.setPushRule() orders rules with before and after, and sends conditions", async () => {
  const user = await newTestUser();
  const condition = { kind: "event_match", key: "type", pattern: "org.example.*" };
  const set = (id: string, options = {}) =>
    user.client.setPushRule("global", "override", id, [], { conditions: [condition], ...options });
  await set("b");
  await set("a", { before: "b" });
  await set("c", { after: "b" });
  const rules = (await allRules(user)).global.override ?? [];
  const own = rules.filter((rule) => !rule.default);
  assertEquals(own.map(({ rule_id }) => rule_id), ["a", "b", "c"]);
  assertEquals(own[0]?.conditions, [condition]);
  const error = await assertRejects(() => set("d", { before: "nowhere" }), MatrixRequestError);
  assert(error.status === 400 || error.status === 404);
});

online("ClientAPI.getPushRule() returns predefined rules and rules of rooms and senders", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newRoom(alice);
  const master = await alice.client.getPushRule("global", "override", ".m.rule.master");
  assertEquals([master.default, master.enabled], [true, false]);
  await alice.client.setPushRule("global", "room", roomId, ["notify"]);
  await alice.client.setPushRule("global", "sender", bob.userId, []);
  assertEquals((await alice.client.getPushRule("global", "room", roomId)).actions, ["notify"]);
  assertEquals((await alice.client.getPushRule("global", "sender", bob.userId)).actions, []);
});

online("ClientAPI.removePushRule() removes a rule and rejects with MNotFound if there is none", async () => {
  const { client, ...user } = await newTestUser();
  await client.setPushRule("global", "content", "cake", ["notify"], { pattern: "cake" });
  await client.removePushRule("global", "content", "cake");
  const rules = (await allRules({ client, ...user })).global.content ?? [];
  assert(!rules.some(({ rule_id }) => rule_id === "cake"));
  await assertRejects(() => client.removePushRule("global", "content", "cake"), MNotFound);
  await assertRejects(() => client.getPushRule("global", "content", "cake"), MNotFound);
});

online("ClientAPI.setPushRule() creates a rule with an empty list of conditions", async () => {
  const { client } = await newTestUser();
  await client.setPushRule("global", "override", "org.example.all", ["notify"], { conditions: [] });
  assertEquals((await client.getPushRule("global", "override", "org.example.all")).conditions, []);
});
