/** The tests of every transaction store. */
import { assertEquals } from "@std/assert";
import type { TransactionStore } from "../../client/appservice/mod.ts";

/** The tests, by what follows the name of the store. Each needs a store that is empty. */
export const STORE_TESTS: Record<string, (store: TransactionStore) => Promise<void>> = {
  ".claim() gives a transaction to one owner until it is completed": async (store) => {
    assertEquals(await store.claim("1", "a", 60_000), { state: "new", handled: [] });
    assertEquals(await store.claim("1", "b", 60_000), { state: "busy" });
    assertEquals(await store.claim("2", "b", 60_000), { state: "new", handled: [] });
    await store.complete("1", "a");
    assertEquals(await store.claim("1", "b", 60_000), { state: "done" });
    assertEquals(await store.claim("1", "a", 60_000), { state: "done" });
  },
  ".claim() gives one of 20 owners the transaction at the same time": async (store) => {
    const owners = Array.from({ length: 20 }, (_, i) => `owner ${i}`);
    const claims = await Promise.all(owners.map((owner) => store.claim("1", owner, 60_000)));
    const states = claims.map(({ state }) => state).sort();
    assertEquals(states, [...Array.from({ length: 19 }, () => "busy"), "new"]);
  },
  ".claim() gives the transaction to another owner after the lease, with what was handled": async (store) => {
    await store.claim("1", "a", 60_000);
    assertEquals(await store.save("1", "a", ["$1"], 0), true);
    assertEquals(await store.claim("1", "b", 60_000), { state: "new", handled: ["$1"] });
    assertEquals(await store.save("1", "a", ["$1", "$2"], 60_000), false);
    await store.release("1", "a", ["$9"]);
    await store.complete("1", "a");
    assertEquals(await store.claim("1", "c", 60_000), { state: "busy" });
    assertEquals(await store.save("1", "b", ["$1", "$2"], 60_000), true);
  },
  ".claim() gives one of 20 owners the transaction after the lease": async (store) => {
    await store.claim("1", "killed", 0);
    const owners = Array.from({ length: 20 }, (_, i) => `owner ${i}`);
    const claims = await Promise.all(owners.map((owner) => store.claim("1", owner, 60_000)));
    assertEquals(claims.filter(({ state }) => state === "new").length, 1);
  },
  ".release() lets another owner continue at once": async (store) => {
    await store.claim("1", "a", 60_000);
    await store.release("1", "a", ["$1", "$2"]);
    assertEquals(await store.claim("1", "b", 60_000), { state: "new", handled: ["$1", "$2"] });
  },
  ".save() does not reopen a completed transaction": async (store) => {
    await store.claim("1", "a", 60_000);
    await store.complete("1", "a");
    assertEquals(await store.save("1", "a", ["$1"], 60_000), false);
    await store.release("1", "a", []);
    assertEquals(await store.claim("1", "b", 60_000), { state: "done" });
  },
  ".save() stores nothing for a transaction that nobody has claimed": async (store) => {
    assertEquals(await store.save("1", "a", ["$1"], 60_000), false);
    await store.complete("1", "a");
    await store.release("1", "a", ["$1"]);
    assertEquals(await store.claim("1", "b", 60_000), { state: "new", handled: [] });
  },
  " keeps its own copy of the handled events": async (store) => {
    await store.claim("1", "a", 60_000);
    const handled = ["$1"];
    await store.save("1", "a", handled, 0);
    handled.push("$2");
    const claim = await store.claim("1", "b", 60_000);
    assertEquals(claim, { state: "new", handled: ["$1"] });
  },
  " keeps 100 long event IDs": async (store) => {
    const handled = Array.from({ length: 100 }, (_, i) => `$${i}`.padEnd(255, "x"));
    await store.claim("1", "a", 60_000);
    await store.release("1", "a", handled);
    assertEquals(await store.claim("1", "b", 60_000), { state: "new", handled });
  },
};
