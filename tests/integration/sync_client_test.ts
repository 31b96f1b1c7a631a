import { assert, assertEquals } from "@std/assert";
import { autojoin, Client, type ClientOptions, followUpgrades, MemorySyncStore } from "../../client/mod.ts";
import type { Filter, RoomID } from "../../types/mod.ts";
import { ask, newRoom, newTestUser, online, type TestUser } from "./support.ts";

/** Creates a client that syncs as a user. */
function syncing(user: TestUser, options: Partial<ClientOptions> = {}): Client {
  const { baseUrl, token } = user;
  return new Client({ baseUrl, token, ...options } as ClientOptions);
}

/** Sends messages one after another, without this library. */
async function say(user: TestUser, roomId: string, ...bodies: string[]): Promise<void> {
  for (const body of bodies) {
    const path = `/_matrix/client/v3/rooms/${
      encodeURIComponent(roomId)
    }/send/m.room.message/${crypto.randomUUID()}`;
    await ask(user, "PUT", path, { msgtype: "m.text", body });
  }
}

async function post(
  user: TestUser,
  roomId: string,
  action: string,
  body: unknown,
): Promise<Record<string, unknown>> {
  return await ask(user, "POST", `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/${action}`, body);
}

/** Returns the texts that a user has sent to a room, oldest first. */
async function texts(user: TestUser, roomId: string, sender: string): Promise<string[]> {
  const { chunk } = await ask<{ chunk: { sender: string; content: { body?: string } }[] }>(
    user,
    "GET",
    `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=1000` +
      `&filter=${encodeURIComponent(JSON.stringify({ types: ["m.room.message"] }))}`,
  );
  return chunk.filter((event) => event.sender === sender).map(({ content }) => content.body ?? "").reverse();
}

/** Runs a client until a condition holds. */
async function runUntil(client: Client, fits: () => boolean | Promise<boolean>, options = {}): Promise<void> {
  const stop = new AbortController();
  let ended = false;
  const run = client.run({ signal: stop.signal, ...options });
  run.then(() => ended = true, () => ended = true);
  const end = Date.now() + 60_000;
  while (!ended && !await fits() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  stop.abort();
  await run;
  assert(await fits(), "the condition did not hold within a minute");
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);
const range = (from: number, to: number) => numbers(to).slice(from);

online("Client.run() handles 300 messages that were sent while it was away, in order", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newRoom(alice, bob);
  await say(alice, roomId, "old");
  const store = new MemorySyncStore();
  const client = syncing(bob, { store });
  let answered = 0;
  client.on("m.room.message", async (event, { send }) => {
    await send(`re ${event.content.body}`);
    answered++;
  });
  assertEquals(await client.runOnce(), 0);
  // Ten at a time, to save time.
  await Promise.all(numbers(10).map((n) => say(alice, roomId, ...numbers(30).map((m) => `${n}-${m}`))));
  await runUntil(client, () => answered === 300);
  const said = (await texts(alice, roomId, alice.userId)).slice(1);
  assertEquals(said.length, 300);
  assertEquals(await texts(alice, roomId, bob.userId), said.map((text) => `re ${text}`));
});

online("Client.run() fills a gap with the events that the filter lets through", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newRoom(alice, bob);
  const filters: Filter[] = [
    { room: { timeline: { limit: 1 } } },
    { room: { timeline: { limit: 3, types: ["m.room.message"] }, state: { lazy_load_members: true } } },
  ];
  for (const filter of filters) {
    const heard: string[] = [];
    const gaps: unknown[] = [];
    const client = syncing(bob, { filter, onGap: (...gap) => gaps.push(gap) });
    client.on("*", ({ type, content }) => heard.push(String(content.body ?? type)), {
      from: "timeline",
      own: true,
    });
    await client.runOnce();
    await say(bob, roomId, "own");
    await say(alice, roomId, ...numbers(30));
    await ask(alice, "PUT", `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/m.room.topic/`, {
      topic: "x",
    });
    await say(alice, roomId, ...range(30, 60));
    await client.runOnce();
    const topic = filter.room?.timeline?.types ? [] : ["m.room.topic"];
    assertEquals(heard, ["own", ...numbers(30), ...topic, ...range(30, 60)]);
    assertEquals(gaps, []);
  }
});

online("Client.run() calls onGap() with tokens that enclose the missing events", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newRoom(alice, bob);
  const heard: string[] = [];
  const gaps: [RoomID, string, string][] = [];
  const client = syncing(bob, { gapLimit: 25, onGap: (...gap) => gaps.push(gap) });
  client.on("m.room.message", ({ content }) => heard.push(content.body!));
  await client.runOnce();
  await say(alice, roomId, ...numbers(60));
  await client.runOnce();
  assertEquals(heard, range(60 - heard.length, 60));
  assert(heard.length > 25 && heard.length < 60);
  const [[where, from, to] = ["", "", ""]] = gaps as [[RoomID, string, string]?];
  assertEquals([where, gaps.length], [roomId, 1]);
  const { chunk } = await bob.client.getMessages(roomId, "b", { from: to, to: from, limit: 100 });
  assertEquals(chunk.map(({ content }) => content.body).reverse(), numbers(60 - heard.length));
});

online("Client.run() delivers nothing from before a join, and fills gaps after one", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newRoom(alice);
  await say(alice, roomId, ...numbers(40));
  const heard: string[] = [];
  let pages = 0;
  const hooks = { onRequest: ({ path }: { path: string }) => void (path.endsWith("/messages") && pages++) };
  const client = syncing(bob, { catchUp: "all", hooks });
  client.on("m.room.message", ({ content }) => heard.push(content.body!));
  await client.runOnce();
  await post(alice, roomId, "invite", { user_id: bob.userId });
  await ask(bob, "POST", `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
  await say(alice, roomId, "hello");
  await client.runOnce();
  assertEquals(heard.at(-1), "hello");
  // Events of the timeline are delivered, and no page is fetched.
  assert(heard.length < 20, `${heard.length}`);
  assertEquals(pages, 0);
  // A changed profile is not an entry.
  await say(alice, roomId, ...range(40, 80));
  await bob.client.setDisplayname("Bob");
  heard.length = 0;
  await client.runOnce();
  assertEquals(heard, range(40, 80));
});

online(
  "Client.run() delivers messages from before a kick, and none of rooms that it was never in",
  async () => {
    const [alice, bob] = [await newTestUser(), await newTestUser()];
    const roomId = await newRoom(alice, bob);
    const other = await newRoom(alice);
    const heard: string[] = [];
    const gaps: unknown[] = [];
    const client = syncing(bob, { onGap: (...gap) => gaps.push(gap) });
    client.on("m.room.message", ({ content }, { from }) => heard.push(`${from} ${content.body}`));
    await client.runOnce();
    await say(alice, roomId, ...numbers(30));
    await post(alice, roomId, "kick", { user_id: bob.userId });
    await say(alice, roomId, "behind your back");
    await say(alice, other, ...numbers(30));
    await post(alice, other, "invite", { user_id: bob.userId });
    await client.runOnce();
    await post(alice, other, "kick", { user_id: bob.userId });
    await client.runOnce();
    assertEquals(heard, numbers(30).map((n) => `leave ${n}`));
    assertEquals(gaps, []);
  },
);

online("autojoin() accepts invitations that came while the client was away", async () => {
  const [alice, bob, mallory] = [await newTestUser(), await newTestUser(), await newTestUser()];
  const store = new MemorySyncStore();
  await syncing(bob, { store }).runOnce();
  const rooms = [await newRoom(alice), await newRoom(alice), await newRoom(alice)];
  for (const roomId of rooms) await post(alice, roomId, "invite", { user_id: bob.userId });
  const unwanted = await newRoom(mallory);
  await post(mallory, unwanted, "invite", { user_id: bob.userId });
  const revoked = await newRoom(alice);
  await post(alice, revoked, "invite", { user_id: bob.userId });
  await post(alice, revoked, "kick", { user_id: bob.userId });

  const told: unknown[] = [];
  const client = syncing(bob, { store, onHandlerError: (error) => told.push(error) });
  autojoin(client, { from: [alice.userId] });
  const heard: string[] = [];
  client.on("m.room.message", ({ content }) => heard.push(content.body!));
  const joined = async () => (await bob.client.getJoinedRooms()).sort();
  await runUntil(client, async () => (await joined()).length === 3);
  assertEquals(await joined(), rooms.sort());
  assertEquals(told, []);
  assertEquals(client.mxid, bob.userId);
});

online("autojoin() retries a join that the homeserver refuses at first, and adds a direct room", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const client = syncing(bob);
  const errors: unknown[] = [];
  autojoin(client);
  await client.runOnce();
  const invite = async () =>
    (await ask<{ room_id: RoomID }>(alice, "POST", "/_matrix/client/v3/createRoom", {
      preset: "trusted_private_chat",
      is_direct: true,
      invite: [bob.userId],
    })).room_id;
  const rooms = [await invite(), await invite()].sort();
  const join = client.joinRoom.bind(client);
  const refused = new Set<string>();
  client.joinRoom = async (roomId, options) => {
    const isFirst = !refused.has(roomId);
    refused.add(roomId);
    if (isFirst) await post(alice, roomId, "ban", { user_id: bob.userId });
    else {
      await post(alice, roomId, "unban", { user_id: bob.userId });
      await post(alice, roomId, "invite", { user_id: bob.userId });
    }
    return await join(roomId, options);
  };
  await client.runOnce({ onHandlerError: (error) => errors.push(error) });
  assertEquals([errors, (await bob.client.getJoinedRooms()).sort()], [[], rooms]);
  const direct = await bob.client.getAccountData("m.direct");
  assertEquals(Object.keys(direct), [alice.userId]);
  assertEquals(direct[alice.userId]?.toSorted(), rooms);
});

online("followUpgrades() joins the replacement of a room", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const { room_id: roomId } = await ask<{ room_id: RoomID }>(alice, "POST", "/_matrix/client/v3/createRoom", {
    preset: "public_chat",
    room_version: "10",
  });
  await ask(bob, "POST", `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
  const client = syncing(bob);
  const told: unknown[] = [];
  followUpgrades(client);
  await client.runOnce();
  const { replacement_room: successor } = await post(alice, roomId, "upgrade", { new_version: "11" });
  // Move the tombstone out of the timeline.
  for (const body of numbers(15)) {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/org.example.note/${body}`;
    await ask(alice, "PUT", path, { body });
  }
  await client.runOnce({ onHandlerError: (error) => told.push(error) });
  assertEquals(told, []);
  assert((await bob.client.getJoinedRooms()).includes(successor as RoomID));
});

online("Client.run() delivers to-device messages, account data and typing notifications", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newRoom(alice, bob);
  const client = syncing(bob);
  const heard: string[] = [];
  client.on("*", ({ type }, { from, roomId: where }) => heard.push(`${from} ${type} ${where === roomId}`), {
    from: ["toDevice", "accountData", "ephemeral"],
  });
  await client.runOnce();
  heard.length = 0;
  await alice.client.sendToDevice("org.example.ping", { [bob.userId]: { "*": { n: 1 } } });
  await bob.client.setAccountData("org.example.settings", { dark: true });
  await bob.client.setRoomTag(roomId, "m.favourite");
  await alice.client.setTyping(roomId, { timeout: 30_000 });
  await client.runOnce();
  for (
    const line of [
      "toDevice org.example.ping false",
      "accountData org.example.settings false",
      "accountData m.tag true",
      "ephemeral m.typing true",
    ]
  ) assert(heard.includes(line), `${line}: ${heard}`);
  heard.length = 0;
  await client.runOnce();
  assertEquals(heard.filter((line) => line.startsWith("toDevice")), []);
});

online("Client.run() rejects after a logout", async () => {
  const user = await newTestUser();
  const states: string[] = [];
  const client = syncing(user, { onState: ({ state }) => states.push(state) });
  const run = client.run();
  while (!states.includes("syncing")) await new Promise((resolve) => setTimeout(resolve, 20));
  await user.client.logout();
  const error = await run.then(() => undefined, (error) => error);
  assertEquals(error?.name, "MUnknownToken");
  assertEquals(states.at(-1), "stopped");
});

online("Client.run() rejects if the homeserver refuses the filter", async () => {
  const user = await newTestUser();
  const states: string[] = [];
  const client = syncing(user, { backoff: { maxTimeout: 10 }, onState: ({ state }) => states.push(state) });
  const filter = { room: { rooms: "all" } } as unknown as Filter;
  const error = await client.run({ filter }).then(() => undefined, (error) => error);
  assertEquals([error?.name, error?.status], ["MUnknown", 400]);
  assertEquals(states, ["starting", "waiting", "waiting", "stopped"]);
});

online("Client.run() fills a gap past the pages that an ignored user empties", async () => {
  const [alice, bob, mallory] = [await newTestUser(), await newTestUser(), await newTestUser()];
  const roomId = await newRoom(alice, bob, mallory);
  await bob.client.setAccountData("m.ignored_user_list", { ignored_users: { [mallory.userId]: {} } });
  const heard: string[] = [];
  const gaps: unknown[] = [];
  const client = syncing(bob, {
    onGap: (...gap) => gaps.push(gap),
    filter: { room: { timeline: { limit: 5 } } },
  });
  client.on("m.room.message", ({ content }) => heard.push(String(content.body)));
  await client.runOnce();
  await say(alice, roomId, "first");
  await Promise.all(numbers(10).map((n) => say(mallory, roomId, ...numbers(23).map((m) => `${n}-${m}`))));
  await say(alice, roomId, "last");
  await client.runOnce();
  assertEquals([heard, gaps], [["first", "last"], []]);
});

online(
  "Client.run() skips messages from before an entry, after an invitation, a kick and on a public join",
  async () => {
    const [alice, bob] = [await newTestUser(), await newTestUser()];
    const join = (roomId: string) =>
      ask(bob, "POST", `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
    const { room_id: open } = await ask<{ room_id: RoomID }>(alice, "POST", "/_matrix/client/v3/createRoom", {
      preset: "public_chat",
    });
    const closed = await newRoom(alice);
    const heard: string[] = [];
    const client = syncing(bob);
    client.on("m.room.message", ({ content }) => heard.push(String(content.body)), { from: "timeline" });
    await client.runOnce();
    for (const roomId of [open, closed]) {
      await say(alice, roomId, "old");
      if (roomId === closed) await post(alice, roomId, "invite", { user_id: bob.userId });
      await join(roomId);
      await say(alice, roomId, "!first");
    }
    await client.runOnce();
    assertEquals(heard, ["!first", "!first"]);
    heard.length = 0;
    await say(alice, closed, "!second");
    await post(alice, closed, "kick", { user_id: bob.userId });
    await say(alice, closed, "behind your back");
    await post(alice, closed, "invite", { user_id: bob.userId });
    await join(closed);
    await say(alice, closed, "!third");
    await client.runOnce();
    assertEquals(heard, ["!second", "!third"]);
  },
);

online("Client.run() redelivers the event whose handler met an unknown token", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newRoom(alice, bob);
  const store = new MemorySyncStore();
  await syncing(bob, { store }).runOnce();
  await say(alice, roomId, "question");
  const client = syncing(bob, { store });
  client.on("m.room.message", async (_, { send }) => {
    client.api.token = "expired";
    await send("answer");
  });
  const before = await store.get();
  const error = await client.run().then(() => undefined, (error) => error);
  assertEquals([error?.name, await store.get()], ["MUnknownToken", before]);
  const again = syncing(bob, { store });
  again.on("m.room.message", async (_, { send }) => void await send("answer"));
  assertEquals(await again.runOnce(), 1);
  assertEquals(await texts(alice, roomId, bob.userId), ["answer"]);
});

online("Client.run() names the stored sync token of another homeserver in its error", async () => {
  const user = await newTestUser();
  const client = syncing(user, { since: "not_a_token_of_this_server", backoff: { maxTimeout: 10 } });
  const error = await client.run().then(() => undefined, (error) => error);
  assertEquals(error?.name, "MUnknown");
  assert(error.message.includes("the homeserver refuses the stored sync token"), error.message);
});

online(
  "HandlerContext.reply() sends each of 50 messages of an event once, after a second delivery, too",
  async () => {
    const [alice, bob] = [await newTestUser(), await newTestUser()];
    const roomId = await newRoom(alice, bob);
    const store = new MemorySyncStore();
    await syncing(bob, { store }).runOnce();
    await say(alice, roomId, "question");
    const before = (await store.get())!;
    for (let delivery = 0; delivery < 2; delivery++) {
      await store.set(before);
      const client = syncing(bob, { store });
      for (let n = 0; n < 50; n++) {
        client.on("m.room.message", async (_, { send }) => void await send(`answer ${n}`));
      }
      await client.runOnce();
    }
    assertEquals(await texts(alice, roomId, bob.userId), numbers(50).map((n) => `answer ${n}`));
  },
);
