import { assert, assertEquals, assertRejects } from "@std/assert";
import { MForbidden, MNotFound, MUnrecognized } from "../../http/mod.ts";
import { newRoom, newTestUser, online } from "./support.ts";

online("ClientAPI.reportEvent(), reportRoom() and reportUser() are accepted", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newRoom(alice, bob);
  const eventId = await alice.client.sendText(roomId, "Rude");
  await bob.client.reportEvent(roomId, eventId, { reason: "Rude" });
  await bob.client.reportEvent(roomId, eventId);
  await bob.client.reportRoom(roomId, "");
  await bob.client.reportUser(alice.userId, "Rude");
  await assertRejects(() => bob.client.reportEvent(roomId, "$missing"), MNotFound);
});

online("ClientAPI.whois() returns the user's own sessions and nobody else's", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const { user_id, devices } = await alice.client.whois(alice.userId);
  assertEquals(user_id, alice.userId);
  // Synapse lists all sessions under one device with an empty ID.
  assert(Array.isArray(devices?.[""]?.sessions));
  await assertRejects(() => alice.client.whois(bob.userId), MForbidden);
});

online("ClientAPI's methods for locking and suspending reject on servers without them", async () => {
  const { client, userId } = await newTestUser();
  for (
    const call of [
      () => client.isUserLocked(userId),
      () => client.setUserLocked(userId, true),
      () => client.isUserSuspended(userId),
      () => client.setUserSuspended(userId, true),
    ]
  ) await assertRejects(call, MUnrecognized);
});
