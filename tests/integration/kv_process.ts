/**
 * One of several processes that share a session in Deno KV. Prints how often it has renewed the session.
 *
 *     kv_process.ts <base URL> <database> <milliseconds>
 */
import { ClientAPI, KvSessionStore, RefreshingTokens } from "@mtx/client";

const [baseUrl = "", path, time] = Deno.args;
using kv = await Deno.openKv(path);
let renewals = 0;
const auth = new RefreshingTokens(new KvSessionStore(kv, ["session"]), { onRenew: () => void renewals++ });
const client = new ClientAPI({ baseUrl, auth });
for (const end = Date.now() + Number(time); Date.now() < end;) {
  await client.whoami();
  await new Promise((resolve) => setTimeout(resolve, 20));
}
console.log(renewals);
