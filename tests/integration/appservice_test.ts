/** Application services with a Synapse that pushes transactions. Starts a homeserver of its own. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { retry } from "@std/async/retry";
import { AppService, type AppServiceOptions, IntentAPI } from "../../client/appservice/mod.ts";
import { ClientAPI } from "../../client/mod.ts";
import { MBadState, MConnectionFailed, MForbidden, MInsufficientPower } from "../../http/mod.ts";
import type { RoomID, UserID } from "../../types/mod.ts";
import { until } from "./programs.ts";
import { type PushingHomeserver, startPushingHomeserver } from "../../scripts/pushing_homeserver.ts";
import { appserviceFaults, loadAppservice } from "../robustness/load/appservice_load.ts";
import { homeserver } from "./support.ts";

/** Runs a test with a service that the homeserver pushes to. */
async function withService(
  server: PushingHomeserver,
  options: Partial<AppServiceOptions>,
  test: (service: AppService) => Promise<void>,
): Promise<void> {
  const { url: baseUrl, registration, port, serverName } = server;
  const service = new AppService({ baseUrl, serverName, registration, ...options });
  const http = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, service.fetch);
  try {
    // Synapse 1.163 drops a connection that has been idle for too long with this error, once for each connection.
    await retry(() => service.ping(), {
      isRetriable: (error) => error instanceof MConnectionFailed && error.message.includes("AlreadyCalled"),
    });
    await test(service);
  } finally {
    await http.shutdown();
  }
}

async function newUser(server: PushingHomeserver): Promise<ClientAPI> {
  const { userId, token } = await server.registerUser();
  return new ClientAPI({ baseUrl: server.url, token, mxid: userId as UserID });
}

const counted = () => {
  const lines: string[] = [];
  const hooks = {
    onRequest: ({ method, path }: { method: string; path: string }) => {
      lines.push(`${method} ${path.replace(/.*\/(v3|v1)\//, "").split("/")[0]}`);
    },
  };
  return { hooks, lines };
};

let ghosts = 0;
const ghostId = (): UserID => `@_push_${Date.now().toString(36)}_${++ghosts}:localhost`;

Deno.test("application services on Synapse", async (t) => {
  if (!homeserver() || Deno.env.get("EXAMPLES_ON_BUN")) return;
  const server = await startPushingHomeserver();
  try {
    await t.step("ping() fails with MConnectionFailed while the service is down", async () => {
      const { url: baseUrl, registration, serverName } = server;
      const service = new AppService({
        baseUrl,
        serverName,
        registration,
        deviceId: "BRIDGE",
        retry: { limit: 0 },
      });
      await assertRejects(() => service.ping(), MConnectionFailed);
    });

    await t.step("a bot accepts an invitation and echoes 20 messages once, in order", async () => {
      await withService(server, {}, async (service) => {
        service.on("m.room.member", async ({ content, state_key }, { bot, roomId }) => {
          if (content.membership === "invite" && state_key === bot.mxid) await bot.joinRoom(roomId);
        });
        service.on("m.room.message", async (event, { send }) => {
          await send({ msgtype: "m.notice", body: event.content.body! });
        });
        const alice = await newUser(server);
        const roomId = await alice.createRoom({ invitees: [service.bot.mxid!] });
        await until("the bot joins", async () => service.bot.mxid! in await alice.getJoinedMembers(roomId));
        const texts = Array.from({ length: 20 }, (_, i) => `Message ${i}`);
        for (const text of texts) await alice.sendText(roomId, text);
        const notices = async (): Promise<unknown[]> => {
          const { chunk } = await alice.getMessages(roomId, "b", { limit: 100 });
          return chunk.filter(({ sender, type }) => sender === service.bot.mxid && type === "m.room.message")
            .map(({ content }) => content.body).toReversed();
        };
        await until("all messages are echoed", async () => (await notices()).length >= 20);
        await delay(100);
        assertEquals(await notices(), texts);
      });
    });

    await t.step("IntentAPI sends as many requests as its documentation says", async () => {
      const { hooks, lines } = counted();
      const { url: baseUrl, registration: { as_token: token } } = server;
      const bot = new IntentAPI({ baseUrl, token, mxid: "@_push_bot:localhost" });
      const roomId = await bot.createRoom();
      const mxid = ghostId();
      const ghost = new IntentAPI({ baseUrl, token, mxid, bot, hooks });
      const taken = () => lines.splice(0).length;
      await ghost.sendText(roomId, "first");
      // The invitation is the bot's, whose requests are not counted.
      assertEquals(taken(), 5);
      await ghost.sendText(roomId, "second");
      assertEquals(taken(), 1);
      await bot.kickUser(roomId, mxid);
      await ghost.sendText(roomId, "after a kick");
      assertEquals(taken(), 4);
      const again = new IntentAPI({ baseUrl, token, mxid, bot, hooks });
      await again.sendText(roomId, "a new process");
      assertEquals(taken(), 1);
      await assertRejects(() => again.setRoomName(roomId, "x"), MInsufficientPower);
      assertEquals(taken(), 1);
      await bot.banUser(roomId, mxid);
      const error = await assertRejects(() => ghost.sendText(roomId, "banned"), MForbidden);
      assert(error.cause instanceof MBadState);
      assertEquals(taken(), 2);
      await ghost.ensureJoined(roomId, { unban: true });
      await ghost.sendText(roomId, "back");
    });

    await t.step(
      "IntentAPI with a device works for new users, and reads what a ghost may not see before it joins",
      async () => {
        const { url: baseUrl, registration: { as_token: token } } = server;
        const bot = new IntentAPI({ baseUrl, token, mxid: "@_push_bot:localhost", deviceId: "BRIDGE" });
        const roomId = await bot.createRoom();
        const eventId = await bot.sendText(roomId, "Hello");
        const ghost = new IntentAPI({ baseUrl, token, mxid: ghostId(), bot, deviceId: "BRIDGE" });
        assertEquals((await ghost.getEvent(roomId, eventId)).event_id, eventId);
        assertEquals((await ghost.whoami()).device_id, "BRIDGE");
        assertEquals((await ghost.getRoomMembers(roomId)).toSorted(), [bot.mxid!, ghost.mxid!].toSorted());
      },
    );

    await t.step("two ghosts with the same transaction ID send two messages", async () => {
      const { url: baseUrl, registration: { as_token: token } } = server;
      const bot = new IntentAPI({ baseUrl, token, mxid: "@_push_bot:localhost" });
      const roomId = await bot.createRoom({ preset: "public_chat" });
      const [a, b] = [ghostId(), ghostId()].map((mxid) => new IntentAPI({ baseUrl, token, mxid, bot }));
      const first = await a!.sendText(roomId, "a", { txnId: "1" });
      const second = await b!.sendText(roomId, "b", { txnId: "1" });
      assert(first !== second);
      assertEquals(await a!.sendText(roomId, "a", { txnId: "1" }), first);
      // Without the local part, Synapse takes the second for the first.
      const raw = async (client: IntentAPI) => {
        const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/shared`;
        const body = { msgtype: "m.text", body: client.mxid };
        return (await client.api.request<{ event_id: string }>("PUT", path, { body })).event_id;
      };
      assertEquals(await raw(a!), await raw(b!));
    });

    await t.step("onUser registers a user, onAlias creates a room on demand", async () => {
      let service: AppService | undefined;
      const options: Partial<AppServiceOptions> = {
        onUser: (userId) => userId.startsWith("@_push_known"),
        onAlias: async (alias) => {
          if (!alias.startsWith("#_push_known")) return false;
          await service!.bot.createRoom({
            aliasLocalpart: alias.slice(1).split(":")[0]!,
            preset: "public_chat",
          });
          return true;
        },
      };
      await withService(server, options, async (started) => {
        service = started;
        const alice = await newUser(server);
        const suffix = crypto.randomUUID().slice(0, 8);
        const roomId = await alice.joinRoom(`#_push_known_${suffix}:localhost`);
        assert(roomId.startsWith("!"));
        await assertRejects(() => alice.joinRoom(`#_push_other_${suffix}:localhost`));
        const known: UserID = `@_push_known_${suffix}:localhost`;
        await alice.inviteUser(await alice.createRoom(), known);
        await until(
          "the user is registered",
          async () => await alice.getProfile(known).then(() => true, () => false),
        );
      });
    });

    await t.step("typing, receipts and presence are delivered", async () => {
      await withService(server, {}, async (service) => {
        const seen = new Set<string>();
        service.on("m.typing", (event) => void event.content.user_ids.forEach((user) => seen.add(user)));
        service.on("m.receipt", () => void seen.add("receipt"));
        const alice = await newUser(server);
        const roomId = await service.bot.createRoom({ preset: "public_chat" });
        await alice.joinRoom(roomId);
        await alice.setTyping(roomId, { timeout: 10_000 });
        await alice.sendReceipt(roomId, await service.bot.sendText(roomId, "x"));
        await until("typing arrives", () => seen.has(alice.mxid!) && seen.has("receipt"));
      });
    });

    await t.step("a marked message of a double puppet is not delivered, the person's own is", async () => {
      await withService(server, {}, async (service) => {
        const alice = await newUser(server);
        const puppet = service.puppet(alice.mxid!, { token: alice.api.token });
        const roomId = await service.bot.createRoom({ preset: "public_chat" });
        await alice.joinRoom(roomId);
        const seen: unknown[] = [];
        service.on("m.room.message", (event) => void seen.push(event.content.body));
        await puppet.sendText(roomId, "from elsewhere");
        await alice.sendText(roomId, "from Matrix");
        await until("the message arrives", () => seen.includes("from Matrix"));
        assertEquals(seen, ["from Matrix"]);
      });
    });

    await t.step(
      "a handler that outlasts the deadline is called once, although the transaction comes again",
      async () => {
        await withService(server, { deadline: 500 }, async (service) => {
          const alice = await newUser(server);
          const roomId: RoomID = await service.bot.createRoom({ preset: "public_chat" });
          await alice.joinRoom(roomId);
          const seen: unknown[] = [];
          service.on("m.room.message", async (event) => {
            if (event.content.body === "slow") await delay(3_000);
            seen.push(event.content.body);
          });
          await alice.sendText(roomId, "slow");
          await alice.sendText(roomId, "fast");
          await until("both messages arrive", () => seen.length === 2);
          assertEquals(seen, ["slow", "fast"]);
        });
      },
    );
  } finally {
    await server.stop();
  }
});

Deno.test("an application service that is killed loses no message, and sends no response twice", async () => {
  if (!homeserver() || Deno.env.get("EXAMPLES_ON_BUN")) return;
  const result = await loadAppservice({ messages: 100, kills: 3 });
  assertEquals(appserviceFaults(result), [], JSON.stringify(result));
  assertEquals([result.sent, result.sentTwice], [100, 0]);
});
