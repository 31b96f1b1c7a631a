import { assertEquals, assertRejects } from "@std/assert";
import { MatrixRequestError, MForbidden } from "../../http/mod.ts";
import { newRoom, newTestUser, online } from "./support.ts";

online("ClientAPI's third-party methods find nothing on a server without bridges", async () => {
  const { client } = await newTestUser();
  assertEquals(await client.getThirdPartyProtocols(), {});
  const error = await assertRejects(() => client.getThirdPartyProtocol("missing"), MatrixRequestError);
  assertEquals(error.status, 404);
  // The specification has 404 for these.
  assertEquals(await client.findThirdPartyLocations("missing", { channel: "#a" }), []);
  assertEquals(await client.findThirdPartyUsers("missing", { nickname: "a" }), []);
  assertEquals(await client.findThirdPartyLocationsByAlias("#a:example.org"), []);
  assertEquals(await client.findThirdPartyUsersById("@a:example.org"), []);
});

online(
  "ClientAPI.pingAppservice() and setNetworkDirectoryVisibility() reject without a service's token",
  async () => {
    const user = await newTestUser();
    const roomId = await newRoom(user);
    await assertRejects(() => user.client.pingAppservice("missing"), MForbidden);
    await assertRejects(() => user.client.setNetworkDirectoryVisibility("net", roomId, "public"), MForbidden);
  },
);
