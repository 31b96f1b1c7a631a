import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { MNotFound } from "../../http/mod.ts";
import { ask, newRoom, newTestUser, online, plainSync, type TestUser } from "./support.ts";

/** Sends a message without our client, and gives its ID. */
async function send(user: TestUser, roomId: string, body: string): Promise<string> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${body}`;
  return String((await ask(user, "PUT", path, { msgtype: "m.text", body })).event_id);
}

online("ClientAPI.sync() gives what is new since the last one, in order", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newRoom(alice, bob);
  const { next_batch: since } = await bob.client.sync({ timeout: 0 });
  const ids = [await send(alice, roomId, "one"), await send(alice, roomId, "two")];
  const { rooms, next_batch } = await bob.client.sync({ since, timeout: 10_000 });
  const events = rooms?.join?.[roomId]?.timeline?.events ?? [];
  assertEquals(events.map(({ event_id }) => event_id as string), ids);
  assertEquals(events.map(({ content }) => content.body), ["one", "two"]);
  assert(next_batch !== since);
});

online("ClientAPI.sync() waits for something new, and comes back when it is there", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newRoom(alice, bob);
  const { next_batch: since } = await bob.client.sync({ timeout: 0 });
  const start = performance.now();
  const waiting = bob.client.sync({
    since,
    timeout: 20_000,
    filter: { presence: { not_types: ["*"] }, room: { timeline: { types: ["m.room.message"] } } },
  });
  const sent = new Promise((resolve) => setTimeout(resolve, 300)).then(() => send(alice, roomId, "now"));
  const answer = await waiting;
  assert(performance.now() - start < 10_000);
  assertEquals(answer.rooms?.join?.[roomId]?.timeline?.events[0]?.event_id as string, await sent);
});

online("ClientAPI.sync() that waits is aborted with the caller's own reason, at once", async () => {
  const { client } = await newTestUser();
  const { next_batch: since } = await client.sync({ timeout: 0 });
  // What the registration itself brings about is out of the way then.
  const { next_batch } = await client.sync({ since, timeout: 500 });
  const controller = new AbortController();
  const reason = new Error("enough");
  let aborted = 0;
  setTimeout(() => {
    aborted = performance.now();
    controller.abort(reason);
  }, 300);
  const filter = { presence: { types: [] } };
  const call = client.sync({ since: next_batch, timeout: 30_000, signal: controller.signal, filter });
  assertStrictEquals(await call.catch((error) => error), reason);
  assert(performance.now() - aborted < 500, "the call ends soon after the signal");
  assertEquals((await client.whoami()).user_id, client.mxid);
});

online("ClientAPI.sync() takes a filter inline or by its ID", async () => {
  const user = await newTestUser();
  const roomId = await newRoom(user);
  await send(user, roomId, "one");
  const filter = { room: { timeline: { types: ["m.room.message"] }, state: { types: [] } } };
  const filterId = await user.client.createFilter(filter);
  for (const options of [{ filter }, { filterId }]) {
    const { rooms } = await user.client.sync({ timeout: 0, ...options });
    const { timeline, state } = rooms?.join?.[roomId] ?? {};
    assertEquals(timeline?.events.map(({ type }) => type), ["m.room.message"]);
    assertEquals(state?.events ?? [], []);
  }
});

online("ClientAPI.sync() gives full state, and state after the timeline", async () => {
  const user = await newTestUser();
  const roomId = await newRoom(user);
  const { next_batch: since } = await user.client.sync({ timeout: 0 });
  assertEquals((await user.client.sync({ since, timeout: 0 })).rooms?.join?.[roomId], undefined);
  const full = await user.client.sync({ since, timeout: 0, fullState: true });
  const types = full.rooms?.join?.[roomId]?.state?.events?.map(({ type }) => type) ?? [];
  assert(types.includes("m.room.create"));
  const after = await user.client.sync({ timeout: 0, useStateAfter: true });
  const room = after.rooms?.join?.[roomId];
  // Homeservers that do not know the parameter yet give the state before the timeline, never neither.
  assertEquals([room?.state, room?.state_after].filter((state) => state !== undefined).length, 1);
});

online("ClientAPI.sync() sets presence, for others to see", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  await newRoom(alice, bob);
  await alice.client.sync({ timeout: 0, setPresence: "unavailable" });
  const path = `/_matrix/client/v3/presence/${encodeURIComponent(alice.userId)}/status`;
  assertEquals((await ask(bob, "GET", path)).presence, "unavailable");
});

online("ClientAPI.sync() gives invites", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newRoom(alice);
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/invite`;
  await ask(alice, "POST", path, { user_id: bob.userId });
  const { rooms } = await bob.client.sync({ timeout: 0 });
  const own = rooms?.invite?.[roomId]?.invite_state?.events?.find(({ state_key }) =>
    state_key === bob.userId
  );
  assertEquals(own?.content.membership, "invite");
});

online("ClientAPI.createFilter() and getFilter() keep a filter, which works in a plain sync", async () => {
  const user = await newTestUser();
  const roomId = await newRoom(user);
  const filter = { event_fields: ["type"], room: { rooms: [roomId], timeline: { limit: 1 } } };
  const filterId = await user.client.createFilter(filter);
  assertEquals(await user.client.getFilter(filterId), filter);
  const { rooms } = await plainSync(user, { filter: filterId });
  assertEquals(rooms?.join?.[roomId]?.timeline?.events.length, 1);
  await assertRejects(() => user.client.getFilter("999"), MNotFound);
});
