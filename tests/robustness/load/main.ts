/**
 * Load: `deno task test:load [messages] [--seed=number]`, 2,000 messages of 20 users by default, through a Synapse with
 * strict rate limits (the one at `MATRIX_HOMESERVER_STRICT`, or one for the occasion) and a proxy that loses a twentieth
 * of all requests and as many answers.
 */
import {
  type Homeserver,
  HomeserverUnavailable,
  startHomeserver,
  untilInterrupted,
} from "../../../scripts/homeserver.ts";
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

async function main(): Promise<number> {
  const address = Deno.env.get("MATRIX_HOMESERVER_STRICT");
  if (address) return await run(address);
  let homeserver: Homeserver;
  try {
    homeserver = await startHomeserver({ strict: true, say: console.log });
  } catch (error) {
    if (!(error instanceof HomeserverUnavailable)) throw error;
    console.log(`skipped: load: ${error.message}`);
    return 0;
  }
  return await untilInterrupted(run(homeserver.url), homeserver.stop);
}

Deno.exit(await main());
