import { assert, assertEquals } from "@std/assert";
import { faultsOf, load, report } from "../robustness/load/load.ts";
import { homeserver } from "./support.ts";

const MESSAGES = 200;
// Few enough users that each of them reaches the rate limit, on a slow machine too.
const USERS = 5;

Deno.test("ClientAPI.sendText() sends each of 200 messages once over a lossy connection", async () => {
  const baseUrl = homeserver("MATRIX_HOMESERVER_STRICT");
  if (!baseUrl) return;
  const result = await load({ baseUrl, messages: MESSAGES, users: USERS, seed: 20_260, loss: 0.05 });
  console.log(report(result));
  assertEquals(faultsOf(result, MESSAGES), []);
  assert(result.proxy.lostRequests > 0 && result.proxy.lostSuccesses > 0 && result.proxy.limited > 0);
});
