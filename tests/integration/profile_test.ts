import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";
import { MatrixRequestError, MForbidden, MKeyTooLarge } from "../../http/mod.ts";
import type { UserID } from "../../types/mod.ts";
import { ask, newTestUser, online, type TestUser } from "./support.ts";

/** Returns a user's profile from a plain request. */
function plainProfile(reader: TestUser, userId: UserID): Promise<Record<string, unknown>> {
  return ask(reader, "GET", `/_matrix/client/v3/profile/${encodeURIComponent(userId)}`);
}

/** Records the methods of a client's requests. */
function watch(user: TestUser): string[] {
  const methods: string[] = [];
  user.client.api.hooks = { onRequest: ({ method }) => void methods.push(method) };
  return methods;
}

online("ClientAPI.setDisplayname() sets a display name that another user reads", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const methods = watch(alice);
  await alice.client.setDisplayname("Alice é");
  assertEquals(await bob.client.getDisplayname(alice.userId), "Alice é");
  assertEquals((await plainProfile(bob, alice.userId)).displayname, "Alice é");
  assertEquals(methods.splice(0), ["GET", "PUT"]);
  await alice.client.setDisplayname("Alice é");
  assertEquals(methods.splice(0), ["GET"]);
  await alice.client.setDisplayname("Alice é", { checkCurrent: false });
  assertEquals(methods.splice(0), ["PUT"]);
  await alice.client.setDisplayname("");
  assertStrictEquals(await bob.client.getDisplayname(alice.userId) || null, null);
  methods.splice(0);
  await alice.client.setDisplayname(null);
  assertEquals(methods, ["GET"], "no name and an empty one are the same");
});

online("ClientAPI.setAvatarUrl() sets an avatar that another user reads", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const methods = watch(alice);
  assertStrictEquals(await bob.client.getAvatarUrl(alice.userId), null);
  await alice.client.setAvatarUrl("mxc://example.org/picture");
  assertEquals(await bob.client.getAvatarUrl(alice.userId), "mxc://example.org/picture");
  assertEquals((await plainProfile(bob, alice.userId)).avatar_url, "mxc://example.org/picture");
  await alice.client.setAvatarUrl("mxc://example.org/picture");
  assertEquals(methods, ["GET", "PUT", "GET"]);
  await alice.client.setAvatarUrl("");
  assertStrictEquals(await bob.client.getAvatarUrl(alice.userId) || null, null);
});

online("ClientAPI.getProfile() returns the whole profile", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  await alice.client.setDisplayname("Alice");
  await alice.client.setAvatarUrl("mxc://example.org/picture");
  await alice.client.setProfileField("org.example.tea", { sorts: ["é", 1, true, null] });
  const profile = await bob.client.getProfile(alice.userId);
  assertEquals(profile.displayname, "Alice");
  assertEquals(profile.avatar_url, "mxc://example.org/picture");
  assertEquals(profile["org.example.tea"], { sorts: ["é", 1, true, null] });
  assertEquals<unknown>(profile, await plainProfile(bob, alice.userId));
});

online(
  "ClientAPI.getDisplayname() returns null for unknown users and getProfile() rejects",
  async () => {
    const alice = await newTestUser();
    const nobody = `@nobody_${crypto.randomUUID()}:${alice.client.domain}` as const;
    assertStrictEquals(await alice.client.getDisplayname(nobody), null);
    assertStrictEquals(await alice.client.getAvatarUrl(nobody), null);
    assertStrictEquals(await alice.client.getProfileField(nobody, "m.tz"), null);
    // Synapse responds M_UNKNOWN here, unlike for single fields.
    const error = await assertRejects(() => alice.client.getProfile(nobody), MatrixRequestError);
    assertEquals(error.status, 404);
  },
);

online(
  "ClientAPI.setProfileField() and deleteProfileField() change fields that another user reads",
  async () => {
    const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
    assertStrictEquals(await bob.client.getProfileField(alice.userId, "m.tz"), null);
    // Synapse on SQLite returns a boolean field as a number, so no field here is a boolean.
    for (const value of ["Europe/Lisbon", "", 0, [true, 1, "é"], { a: { b: null } }]) {
      await alice.client.setProfileField("org.example.any", value);
      assertEquals(await bob.client.getProfileField(alice.userId, "org.example.any"), value);
      assertEquals((await plainProfile(bob, alice.userId))["org.example.any"], value);
    }
    await alice.client.setProfileField("m.tz", "Europe/Lisbon");
    assertEquals(await bob.client.getProfileField<string>(alice.userId, "m.tz"), "Europe/Lisbon");
    await alice.client.deleteProfileField("m.tz");
    await alice.client.deleteProfileField("m.tz");
    assertStrictEquals(await bob.client.getProfileField(alice.userId, "m.tz"), null);
    await alice.client.setDisplayname("Alice");
    await alice.client.deleteProfileField("displayname");
    assertStrictEquals(await bob.client.getDisplayname(alice.userId), null);
    assertEquals("displayname" in await plainProfile(bob, alice.userId), false);
  },
);

online("ClientAPI.setProfileField() rejects with the class of the errcode", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const asBob = new ClientAPI({ baseUrl: alice.baseUrl, token: alice.token, mxid: bob.userId });
  await assertRejects(() => asBob.setProfileField("org.example.a", 1), MForbidden);
  await assertRejects(() => asBob.setDisplayname("Not Bob"), MatrixRequestError);
  await assertRejects(() => alice.client.setProfileField(`org.example.${"a".repeat(300)}`, 1), MKeyTooLarge);
});

Deno.test("ClientAPI.beeperUpdateProfile() changes several fields at once with Beeper's extension", async () => {
  const profile: Record<string, unknown> = { displayname: "Alice" };
  const seen: string[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    seen.push(`${request.method} ${new URL(request.url).pathname}`);
    if (request.method === "PATCH") Object.assign(profile, await request.json());
    return Response.json(request.method === "PATCH" ? {} : profile);
  });
  const client = new ClientAPI({
    baseUrl: `http://127.0.0.1:${server.addr.port}`,
    mxid: "@alice:beeper.com",
  });
  await client.beeperUpdateProfile({ "com.beeper.bridge.a": [1], avatar_url: "mxc://beeper.com/a" });
  assertEquals<unknown>(await client.getProfile("@alice:beeper.com"), {
    displayname: "Alice",
    "com.beeper.bridge.a": [1],
    avatar_url: "mxc://beeper.com/a",
  });
  const path = "/_matrix/client/v3/profile/%40alice%3Abeeper.com";
  assertEquals(seen, [`PATCH ${path}`, `GET ${path}`]);
});
