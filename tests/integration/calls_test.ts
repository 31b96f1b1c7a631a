import { assert, assertMatch } from "@std/assert";
import { newTestUser, online } from "./support.ts";

online("ClientAPI.getTurnServer() returns credentials for the TURN server", async () => {
  const { client } = await newTestUser();
  const { username, password, uris, ttl } = await client.getTurnServer();
  assert(username?.endsWith(client.mxid!));
  assert(password);
  assertMatch(uris?.[0] ?? "", /^turn:/);
  assert(ttl! > 0);
});
