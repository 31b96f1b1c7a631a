import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { MatrixRequestError, MForbidden, MNotFound, MRoomInUse } from "../../http/mod.ts";
import type { RoomAliasInfo } from "../../types/mod.ts";
import { ask, newTestUser, online, type TestUser } from "./support.ts";

/** Resolves an alias with a plain request. */
function plainAlias(user: TestUser, alias: string): Promise<RoomAliasInfo> {
  return ask<RoomAliasInfo>(user, "GET", `/_matrix/client/v3/directory/room/${encodeURIComponent(alias)}`);
}

/** Returns a word that no other test uses. */
function randomWord(): string {
  return `tea${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
}

online(
  "ClientAPI.addRoomAlias() adds an alias that others resolve and moves it with override",
  async () => {
    const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
    const [first, second] = [await alice.client.createRoom(), await alice.client.createRoom()];
    const localpart = `${randomWord()}/é?`;
    const alias = `#${localpart}:${alice.client.domain}` as const;
    await alice.client.addRoomAlias(first, localpart);
    assertEquals((await plainAlias(bob, alias)).room_id, first);
    assertEquals(await bob.client.resolveRoomAlias(alias), {
      room_id: first,
      servers: [alice.client.domain!],
    });

    const error = await assertRejects(() => alice.client.addRoomAlias(second, localpart), MRoomInUse);
    assertEquals(error.status, 409);
    assertInstanceOf(error.cause, MatrixRequestError);
    assertEquals(error.serverMessage, error.cause.serverMessage);
    assertEquals((await plainAlias(bob, alias)).room_id, first);
    await alice.client.addRoomAlias(second, localpart, { override: true });
    assertEquals((await plainAlias(bob, alias)).room_id, second);
  },
);

online("ClientAPI.removeRoomAlias() removes an alias and ignores a missing one", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const localpart = randomWord();
  const alias = `#${localpart}:${alice.client.domain}` as const;
  await alice.client.createRoom({ aliasLocalpart: localpart });
  await assertRejects(() => bob.client.removeRoomAlias(localpart), MForbidden);
  await alice.client.removeRoomAlias(localpart);
  assertEquals((await plainAlias(bob, alias) as Record<string, unknown>).errcode, "M_NOT_FOUND");
  await assertRejects(() => bob.client.resolveRoomAlias(alias), MNotFound);
  await alice.client.removeRoomAlias(localpart);
  await assertRejects(() => alice.client.removeRoomAlias(localpart, { raise404: true }), MNotFound);
});

online(
  "ClientAPI.setRoomDirectoryVisibility() sets what getRoomDirectoryVisibility() returns",
  async () => {
    const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
    const roomId = await alice.client.createRoom({ preset: "public_chat" });
    const path = `/_matrix/client/v3/directory/list/room/${encodeURIComponent(roomId)}`;
    for (const visibility of ["public", "private"] as const) {
      await alice.client.setRoomDirectoryVisibility(roomId, visibility);
      assertEquals(await bob.client.getRoomDirectoryVisibility(roomId), visibility);
      assertEquals(await ask(bob, "GET", path), { visibility });
    }
    await assertRejects(() => bob.client.setRoomDirectoryVisibility(roomId, "public"), MForbidden);
    await assertRejects(() => bob.client.getRoomDirectoryVisibility("!none:localhost"), MNotFound);
  },
);

online("ClientAPI.getRoomDirectory() returns pages of rooms and search results", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const word = randomWord();
  const make = (n: number) =>
    alice.client.createRoom({
      preset: "public_chat",
      visibility: "public",
      name: `${word} ${n}`,
      topic: "Tea",
    });
  const rooms: string[] = [await make(1), await make(2), await make(3)].sort();

  const part = await bob.client.getRoomDirectory({ limit: 1 });
  assertEquals(part.chunk.length, 1);
  assert(part.next_batch);
  const seen = new Set<string>([part.chunk[0]!.room_id]);
  let parts = 1;
  for (let since: string | undefined = part.next_batch; since !== undefined; parts++) {
    const { chunk, next_batch } = await bob.client.getRoomDirectory({ limit: 2, since });
    assert(chunk.length <= 2);
    for (const { room_id } of chunk) seen.add(room_id);
    since = next_batch;
  }
  assert(parts > 1);
  assertEquals(rooms.filter((roomId) => !seen.has(roomId)), []);

  const found = await bob.client.getRoomDirectory({ searchQuery: word });
  assertEquals(found.chunk.map(({ room_id }) => room_id as string).sort(), rooms);
  for (const room of found.chunk) {
    assertEquals([room.topic, room.num_joined_members, room.join_rule], ["Tea", 1, "public"]);
  }
  const first = await bob.client.getRoomDirectory({ searchQuery: word, limit: 2 });
  assertEquals(first.chunk.length, 2);
  const rest = await bob.client.getRoomDirectory({ searchQuery: word, limit: 2, since: first.next_batch });
  assertEquals([...first.chunk, ...rest.chunk].map(({ room_id }) => room_id as string).sort(), rooms);
  const server = alice.client.domain;
  assertEquals((await bob.client.getRoomDirectory({ searchQuery: word, server })).chunk.length, 3);
});

online("ClientAPI.searchUsers() returns users by name, and limited if there are more", async () => {
  const word = randomWord();
  const users = await Promise.all([newTestUser(), newTestUser(), newTestUser()]);
  for (const user of users) await user.client.setDisplayname(`Maker of ${word}`, { checkCurrent: false });
  const searcher = users[0]!;
  const others = users.slice(1).map(({ userId }) => userId as string).sort();
  const found = await eventually(
    () => searcher.client.searchUsers(word),
    ({ results }) => others.every((userId) => results.some(({ user_id }) => user_id === userId)),
  );
  assertEquals(found.limited, false);
  assertEquals(found.results.find(({ user_id }) => user_id === others[0])?.display_name, `Maker of ${word}`);
  const some = await searcher.client.searchUsers(word, { limit: 1 });
  assertEquals([some.results.length, some.limited], [1, true]);
  assertEquals(await searcher.client.searchUsers(randomWord()), { results: [], limited: false });
});

/** Repeats a request until its result is as expected. The homeserver updates its directory in the background. */
async function eventually<T>(get: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  const end = Date.now() + 10_000;
  for (;;) {
    const answer = await get();
    if (wanted(answer) || Date.now() > end) {
      assert(wanted(answer), `Not within ten seconds: ${JSON.stringify(answer)}`);
      return answer;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
