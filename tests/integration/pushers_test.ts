import { assertEquals, assertRejects } from "@std/assert";
import { MNotFound } from "../../http/mod.ts";
import { newRoom, newTestUser, online, syncUntil } from "./support.ts";

online("ClientAPI's push rule methods read and change rules of the server", async () => {
  const { client } = await newTestUser();
  const [scope, kind, rule] = ["global", "underride", ".m.rule.message"] as const;
  assertEquals((await client.getPushRules()).global, await client.getPushRuleset(scope));
  assertEquals(await client.isPushRuleEnabled(scope, kind, rule), true);
  await client.setPushRuleEnabled(scope, kind, rule, false);
  assertEquals(await client.isPushRuleEnabled(scope, kind, rule), false);
  await client.setPushRuleActions(scope, kind, rule, ["notify", { set_tweak: "sound", value: "ring" }]);
  assertEquals(await client.getPushRuleActions(scope, kind, rule), [
    "notify",
    { set_tweak: "sound", value: "ring" },
  ]);
  await client.setPushRuleActions(scope, kind, rule, []);
  assertEquals(await client.getPushRuleActions(scope, kind, rule), []);
  await assertRejects(() => client.isPushRuleEnabled(scope, "content", "missing"), MNotFound);
});

online("ClientAPI.setPusher() and deletePusher() change what getPushers() returns", async () => {
  const { client } = await newTestUser();
  const pusher = {
    pushkey: crypto.randomUUID(),
    kind: "http",
    app_id: "com.example",
    app_display_name: "Example",
    device_display_name: "Phone",
    lang: "en",
    data: { url: "https://push.example.org/_matrix/push/v1/notify" },
  };
  assertEquals(await client.getPushers(), []);
  await client.setPusher(pusher);
  await client.setPusher({ ...pusher, lang: "pt" }, { append: true });
  const [found, ...others] = await client.getPushers();
  assertEquals([found?.pushkey, found?.lang, others.length], [pusher.pushkey, "pt", 0]);
  await client.deletePusher(pusher.app_id, pusher.pushkey);
  await client.deletePusher(pusher.app_id, pusher.pushkey);
  assertEquals(await client.getPushers(), []);
});

online("ClientAPI.iterateNotifications() yields all notifications, newest first, in pages", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newRoom(alice, bob);
  const sent: string[] = [];
  for (const text of ["1", "2", "3"]) sent.unshift(await alice.client.sendText(roomId, text));
  await syncUntil(bob, ({ rooms }) => rooms?.join?.[roomId]?.unread_notifications?.notification_count === 3);
  const pages: string[][] = [];
  for await (const { notifications } of bob.client.iterateNotifications({ limit: 2 })) {
    pages.push(notifications.map(({ event }) => event.event_id));
  }
  assertEquals(pages.flat().slice(0, 3), sent);
  assertEquals(pages[0]?.length, 2);
  const { notifications } = await bob.client.getNotifications({ only: "highlight" });
  assertEquals(notifications.some(({ event }) => sent.includes(event.event_id)), false);
});
