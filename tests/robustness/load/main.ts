/**
 * The load test: `deno task test:load [messages] [--seed=number]`. Sends 2,000 messages of 20 users by default, to a Synapse
 * with strict rate limits at `MATRIX_HOMESERVER_STRICT` through a proxy that loses one in twenty
 * requests and one in twenty responses.
 */
import { faultsOf, load, report } from "./load.ts";

const USERS = 20;
const MESSAGES = 2_000;
const LOSS = 0.05;

const messages = Number(Deno.args.find((arg) => !arg.startsWith("-")) ?? MESSAGES);
const given = Deno.args.find((arg) => arg.startsWith("--seed="))?.slice("--seed=".length);
const seed = Number(given ?? crypto.getRandomValues(new Uint32Array(1))[0]!);

async function run(baseUrl: string): Promise<number> {
  console.log(`load: ${messages} messages of ${USERS} users, seed ${seed}`);
  const result = await load({ baseUrl, messages, users: USERS, seed, loss: LOSS, say: console.log });
  const faults = faultsOf(result, messages);
  console.log(report(result));
  console.log(
    faults.length ? `load: FAILED\n${faults.join("\n")}` : "load: each message arrived once, in order",
  );
  return faults.length ? 1 : 0;
}

const address = Deno.env.get("MATRIX_HOMESERVER_STRICT");
if (!address) throw new Error("Cannot test load: MATRIX_HOMESERVER_STRICT is not set");
Deno.exit(await run(address));
