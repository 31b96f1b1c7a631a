/**
 * Runs the tests of every transaction store with Deno KV. With `claim`, claims 100 transactions and prints which ones it got,
 * among several processes that do the same.
 *
 *     kv_transactions.ts <database> [claim]
 */
import { KvTransactionStore } from "../../client/appservice/mod.ts";
import { STORE_TESTS } from "../support/transaction_stores.ts";

const [path, action] = Deno.args;
using kv = await Deno.openKv(path);
if (action === "claim") {
  const store = new KvTransactionStore(kv, ["shared"]);
  const owner = crypto.randomUUID();
  const keys = Array.from({ length: 100 }, (_, i) => `${i}`);
  const claims = await Promise.all(keys.map((key) => store.claim(key, owner, 60_000)));
  console.log(JSON.stringify(keys.filter((_, i) => claims[i]!.state === "new")));
} else {
  for (const test of Object.values(STORE_TESTS)) {
    await test(new KvTransactionStore(kv, [crypto.randomUUID()]));
  }
}
