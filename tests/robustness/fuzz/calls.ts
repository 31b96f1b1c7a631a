/** All calls of the fuzzer: every method of ClientAPI, and those that Client adds. */
import { API_CALLS, type MethodCall } from "./call.ts";
import { CLIENT_CALLS } from "./syncing.ts";

export const CALLS: readonly MethodCall[] = [...API_CALLS, ...CLIENT_CALLS];
