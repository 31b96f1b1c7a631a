/** All calls that the fuzzer makes: of every method of ClientAPI, and of what Client adds. */
import { API_CALLS, type MethodCall } from "./call.ts";
import { CLIENT_CALLS } from "./syncing.ts";

export const CALLS: readonly MethodCall[] = [...API_CALLS, ...CLIENT_CALLS];
