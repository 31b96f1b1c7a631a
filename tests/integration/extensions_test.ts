import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";
import { HTTPAPI, MAppserviceLoginUnsupported } from "../../http/mod.ts";
import type { RoomID, UserID } from "../../types/mod.ts";
import { newRoom, newTestUser, online, plain, syncUntil } from "./support.ts";

/** Features that Synapse lacks, tested against small servers, and features of application services. */

const V3 = "/_matrix/client/v3";

Deno.test("ClientAPI.createRoom() joins the invited users with Beeper's extension", async () => {
  const members = new Map<string, string>();
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method === "POST" && pathname === `${V3}/createRoom`) {
      const body = await request.json();
      const membership = body["com.beeper.auto_join_invites"] === true ? "join" : "invite";
      for (const userId of body.invite ?? []) members.set(userId, membership);
      return Response.json({ room_id: "!room:beeper.com" });
    }
    const joined = [...members].filter(([, membership]) => membership === "join");
    return Response.json({ joined: Object.fromEntries(joined.map(([userId]) => [userId, {}])) });
  });
  const client = new ClientAPI({
    baseUrl: `http://127.0.0.1:${server.addr.port}`,
    mxid: "@alice:beeper.com",
  });
  const roomId = await client.createRoom({
    invitees: ["@bob:beeper.com", "@carol:beeper.com"],
    beeperAutoJoinInvites: true,
  });
  assertEquals(Object.keys(await client.getJoinedMembers(roomId)), ["@bob:beeper.com", "@carol:beeper.com"]);
  members.clear();
  await client.createRoom({ invitees: ["@bob:beeper.com"] });
  assertEquals([...members], [["@bob:beeper.com", "invite"]]);
});

online("ClientAPI.sendMessage() sends content of any msgtype that another user receives", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice, bob);
  const content = {
    msgtype: "m.location",
    body: "Big Ben, é",
    geo_uri: "geo:51.5008,0.1247",
    "org.example.more": { list: [1, null, "x"] },
  };
  const eventId = await alice.client.sendMessage(roomId, content);
  const event = await syncUntil(
    bob,
    ({ rooms }) => rooms?.join?.[roomId]?.timeline?.events?.find(({ event_id }) => event_id === eventId),
  );
  assertEquals<unknown>([event.type, event.sender, event.content], ["m.room.message", alice.userId, content]);
});

/** Returns a user of the application service. `undefined` if the homeserver has no application service. */
async function ghost(baseUrl: string): Promise<{ api: HTTPAPI; userId: UserID } | undefined> {
  const token = Deno.env.get("MATRIX_APPSERVICE_TOKEN");
  const prefix = Deno.env.get("MATRIX_APPSERVICE_PREFIX") ?? "_as_";
  if (!token) {
    console.log("\nSkipped: MATRIX_APPSERVICE_TOKEN is not set");
    return undefined;
  }
  const username = `${prefix}${crypto.randomUUID().slice(0, 8)}`;
  const body = { type: "m.login.application_service", username, inhibit_login: true };
  const { user_id: userId } = await plain<{ user_id: UserID }>(
    baseUrl,
    token,
    "POST",
    `${V3}/register`,
    body,
  );
  return { api: new HTTPAPI({ baseUrl, token, asUserId: userId }), userId };
}

online(
  "ClientAPI.sendText() sends as a user of an application service and with a timestamp",
  async (baseUrl) => {
    const service = await ghost(baseUrl);
    if (!service) return;
    const alice = await newTestUser();
    const client = new ClientAPI({ api: service.api, mxid: service.userId });
    const roomId: RoomID = await client.createRoom({ invitees: [alice.userId] });
    await alice.client.joinRoomById(roomId);
    const timestamp = Date.UTC(2020, 1, 29);
    const sent = await client.sendText(roomId, "Then", { timestamp });
    const state = await client.sendStateEvent(roomId, "m.room.topic", { topic: "Then" }, {
      timestamp: new Date(timestamp),
    });
    for (const eventId of [sent, state]) {
      const event = await alice.client.getEvent(roomId, eventId);
      assertEquals([event.sender, event.origin_server_ts], [service.userId, timestamp]);
    }
    const now = await alice.client.getEvent(roomId, await client.sendText(roomId, "Now"));
    assert(Math.abs(now.origin_server_ts - Date.now()) < 60_000);
  },
);

online(
  "ClientAPI.login() rejects with MAppserviceLoginUnsupported if devices are created with MSC4190",
  async (baseUrl) => {
    const service = await ghost(baseUrl);
    if (!service) return;
    const client = new ClientAPI({ api: service.api, mxid: service.userId });
    const loginType = "m.login.application_service";
    await assertRejects(() => client.login({ loginType }), MAppserviceLoginUnsupported);
    assertEquals([client.mxid, client.deviceId], [service.userId, ""]);
  },
);

online(
  "ClientAPI.createDeviceMsc4190() creates a device while the client acts as another",
  async (baseUrl) => {
    const service = await ghost(baseUrl);
    if (!service) return;
    const client = new ClientAPI({ api: service.api, mxid: service.userId });
    for (const deviceId of ["FIRST", "SECOND"]) {
      await client.createDeviceMsc4190(deviceId, "Bridge");
      assertEquals([client.api.asDeviceId, (await client.whoami()).device_id], [deviceId, deviceId]);
    }
  },
);

online("ClientAPI.inviteUser() and similar methods send member events with a timestamp", async (baseUrl) => {
  const service = await ghost(baseUrl);
  if (!service) return;
  const alice = await newTestUser();
  const client = new ClientAPI({ api: service.api, mxid: service.userId });
  const roomId = await client.createRoom();
  const memberEvent = (userId: UserID) =>
    client.getStateEvent(roomId, "m.room.member", { stateKey: userId, format: "event" });
  for (
    const [change, membership] of [
      ["inviteUser", "invite"],
      ["kickUser", "leave"],
      ["banUser", "ban"],
      ["unbanUser", "leave"],
    ] as const
  ) {
    const timestamp = Date.UTC(2020, 1, 29) + membership.length;
    await client[change](roomId, alice.userId, { timestamp, reason: "Tea" });
    const { content, origin_server_ts } = await memberEvent(alice.userId);
    assertEquals([content.membership, content.reason, origin_server_ts], [membership, "Tea", timestamp]);
  }
  await client.leaveRoom(roomId, { timestamp: 5 });
  assertEquals((await memberEvent(service.userId)).origin_server_ts, 5);
  await assertRejects(() => client.redact(roomId, "$event", { timestamp: 5 }), TypeError, "timestamp");
});
