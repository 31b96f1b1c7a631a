/**
 * Runs the scenario on this runtime against `MATRIX_HOMESERVER`, and prints a line for each item. `MTX_OLM` is the
 * specifier of the crypto engine.
 */
import process from "node:process";
import type { OlmSdk } from "@mtx/client/crypto";
import { scenario } from "./scenario.ts";

const sdk: OlmSdk = await import(process.env.MTX_OLM!);
let failed = false;
await scenario(sdk, process.env.MATRIX_HOMESERVER!, (item, error) => {
  if (error === undefined) return console.log(`ok      ${item}`);
  failed = true;
  console.log(`FAILED  ${item}`);
  console.error(error);
});
process.exit(failed ? 1 : 0);
