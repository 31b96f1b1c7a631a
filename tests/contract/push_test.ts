import { assertEquals, assertRejects } from "@std/assert";
import type { SetPushRuleOptions } from "../../client/mod.ts";
import { MNotFound } from "../../http/mod.ts";
import type { PushAction, PushCondition } from "../../types/mod.ts";
import { exchange, fakeClient, malformed, ODD, ODD_PATH, refused, sent } from "../support/contract_client.ts";
import { matrixError } from "../support/fake_homeserver.ts";

const RULES = "/_matrix/client/v3/pushrules/global";
const RULE = Object.freeze({
  rule_id: "cake",
  default: false,
  enabled: true,
  pattern: "cake*lie",
  actions: ["notify", { set_tweak: "sound", value: "default" }],
});

Deno.test("ClientAPI.getPushRule() returns a rule unchanged", async () => {
  const { request, result } = await exchange(
    RULE,
    (client) => client.getPushRule("global", "content", "cake"),
  );
  assertEquals(`${request.method} ${request.path}`, `GET ${RULES}/content/cake`);
  assertEquals([...request.query], []);
  assertEquals<unknown>(result, RULE);
});

Deno.test("ClientAPI.getPushRule(), setPushRule() and removePushRule() encode each identifier as one segment", async () => {
  const { client, server } = fakeClient(RULE);
  await client.getPushRule("device/1", "room", ODD.room);
  assertEquals(server.last.path, `/_matrix/client/v3/pushrules/device%2F1/room/${ODD_PATH.room}`);
  await client.setPushRule("global", "sender", ODD.user, []);
  assertEquals(server.last.path, `${RULES}/sender/${ODD_PATH.user}`);
  await client.removePushRule("global", "override", ".m.rule/é");
  assertEquals(server.last.path, `${RULES}/override/.m.rule%2F%C3%A9`);
});

Deno.test("ClientAPI.getPushRule() rejects responses that are not push rules", async () => {
  const rows: [object, string][] = [
    [{ rule_id: undefined }, "`rule_id` not in response."],
    [{ default: undefined }, "`default` not in response."],
    [{ enabled: null }, "`enabled` not in response."],
    [{ actions: undefined }, "`actions` not in response."],
    [{ enabled: 1 }, "Invalid `enabled` in response: expected boolean"],
    [{ actions: "notify" }, "Invalid `actions` in response: expected array"],
  ];
  for (const [change, message] of rows) {
    await malformed(
      { ...RULE, ...change },
      (client) => client.getPushRule("global", "content", "cake"),
      message,
    );
  }
  await malformed(
    [],
    (client) => client.getPushRule("global", "room", "x"),
    "Invalid response: expected object",
  );
});

Deno.test("ClientAPI.setPushRule() accepts plain strings and objects", async () => {
  const actions: readonly PushAction[] = Object.freeze([
    "notify",
    Object.freeze({ set_tweak: "highlight" }),
    "org.example.blink",
  ]);
  const conditions: readonly PushCondition[] = Object.freeze([
    Object.freeze({ kind: "event_match", key: "content.body", pattern: "tea" }),
    { kind: "org.example.moon", phase: "full" },
  ]);
  const [line, query, body] = await sent(
    {},
    (client) =>
      client.setPushRule("global", "override", "tea", actions, {
        conditions,
        pattern: "te*",
        before: "a/b",
        after: "c&d",
      }),
  );
  assertEquals(line, `PUT ${RULES}/override/tea`);
  assertEquals(query, { before: "a/b", after: "c&d" });
  assertEquals<unknown>(body, { actions, conditions, pattern: "te*" });
});

Deno.test("ClientAPI.setPushRule() always sends actions, and truthy options", async () => {
  for (const none of [undefined, null, "", 0, false]) {
    for (const name of ["pattern", "before", "after", "conditions"]) {
      const options = { [name]: none } as SetPushRuleOptions;
      const [, query, body] = await sent(
        {},
        (client) => client.setPushRule("global", "room", "!a:b", [], options),
      );
      assertEquals([query, body], [{}, { actions: [] }]);
    }
  }
  const { client } = fakeClient({});
  assertEquals(await client.setPushRule("global", "room", "!a:b", []), undefined);
});

Deno.test("ClientAPI.setPushRule() sends an empty list of conditions", async () => {
  const options = { conditions: Object.freeze([]) };
  const [, , body] = await sent({}, (client) => client.setPushRule("global", "override", "tea", [], options));
  assertEquals(body, { actions: [], conditions: [] });
});

Deno.test("ClientAPI.removePushRule() deletes a rule, and throws MNotFound for an unknown one", async () => {
  const { request, result } = await exchange(
    {},
    (client) => client.removePushRule("global", "content", "cake"),
  );
  assertEquals([`${request.method} ${request.path}`, request.text], [`DELETE ${RULES}/content/cake`, "{}"]);
  assertEquals(result, undefined);
  const { client } = fakeClient(matrixError(404, "M_NOT_FOUND"));
  await assertRejects(() => client.removePushRule("global", "content", "cake"), MNotFound);
});

Deno.test("ClientAPI.getPushRule(), setPushRule() and removePushRule() reject values that would change the path", async () => {
  for (const bad of ["", ".", "..", null, undefined]) {
    for (
      const args of [[bad, "room", "x"], ["global", bad, "x"], ["global", "room", bad]] as [
        string,
        string,
        string,
      ][]
    ) {
      await refused((client) => client.getPushRule(...args), TypeError);
      await refused((client) => client.setPushRule(...args, []), TypeError);
      await refused((client) => client.removePushRule(...args), TypeError);
    }
  }
  for (const actions of [null, undefined, "notify", {}]) {
    await refused(
      (client) => client.setPushRule("global", "room", "x", actions as unknown as PushAction[]),
      TypeError,
      "actions",
    );
  }
});
