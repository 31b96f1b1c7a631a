/**
 * Runs the scenario on this runtime, and prints a line for each item.
 *
 *     main.ts <base URL> <specifier of the crypto engine>
 */
import process from "node:process";
import type { OlmSdk } from "@mtx/client/crypto";
import { scenario } from "./scenario.ts";

const [baseUrl = "", olm = ""] = process.argv.slice(2);
const sdk: OlmSdk = await import(olm);
let failed = false;
await scenario(sdk, baseUrl, (item, error) => {
  console.log(`${error === undefined ? "ok    " : "FAILED"}  ${item}`);
  if (error === undefined) return;
  failed = true;
  console.error(error);
});
process.exit(failed ? 1 : 0);
