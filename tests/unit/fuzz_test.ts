/** A short run of `deno task fuzz` with a fixed seed, and checks that the fuzzer covers every method and function. */
import { assert, assertEquals } from "@std/assert";
import * as client from "../../client/mod.ts";
import * as types from "../../types/mod.ts";
import { API_CALLS } from "../robustness/fuzz/call.ts";
import { CALLS } from "../robustness/fuzz/calls.ts";
import { FUNCTIONS, OWN_ARGUMENTS_ONLY } from "../robustness/fuzz/functions.ts";
import {
  type Failure,
  invalidArguments,
  requestsOf,
  round,
  rounds,
  sweep,
  validCalls,
} from "../robustness/fuzz/rounds.ts";
import { checkResponse } from "../support/specification.ts";

/** Numbers of rounds that are short enough for a test. */
const SEED = 20_260;
const ROUNDS = 800;
const SHARE = 0.05;

/** Methods whose sample responses have fields that the specification does not list, because the response has two forms. */
const OWN_SAMPLES = ["getStateEvent"];

function none(failures: Failure[]): void {
  const shown = failures.slice(0, 5).map(({ subject, how, what, response, seed }) =>
    `${subject}: ${how}\n${what}\n${response?.slice(0, 500)}\n${seed === undefined ? "" : `seed ${seed}`}`
  );
  assert(failures.length === 0, `${failures.length} failures\n${shown.join("\n\n")}`);
}

Deno.test("the fuzzer calls every asynchronous method that Client adds except start() and stop()", () => {
  // The fuzzer calls methods that Client overrides as methods of ClientAPI.
  const added = Object.getOwnPropertyNames(client.Client.prototype)
    .filter((name) => ["constructor", "log"].includes(name) || !(name in client.ClientAPI.prototype));
  const own = new Set(CALLS.slice(API_CALLS.length).map(({ method }) => method));
  assertEquals(["constructor", "log", "on", "start", "stop", "syncState", ...own].sort(), added.sort());
});

Deno.test("the fuzzer calls every function that reads data from servers", () => {
  const functions = Object.entries({ ...client, ...types })
    .filter(([, value]) => typeof value === "function" && !/^class\b/.test(String(value)))
    .map(([name]) => name);
  const called = new Set(FUNCTIONS.map(({ name }) => name));
  assertEquals([...called, ...OWN_ARGUMENTS_ONLY].sort(), functions.sort());
});

Deno.test("the fuzzer's sample responses match the specification", async () => {
  const checked = new Set<string>();
  for (const call of CALLS) {
    if (OWN_SAMPLES.includes(call.method)) continue;
    for (const [i, { method, path, status, response }] of (await requestsOf(call)).seen.entries()) {
      if (status !== 200 || call.content?.[i]) continue;
      checked.add(await checkResponse(method, path, 200, response));
    }
  }
  assert(checked.has("checked") || checked.has("skipped"));
});

Deno.test("the fuzzer repeats a round from its seed", async () => {
  for (let seed = 0; seed < 20; seed++) assertEquals(await round(seed), await round(seed));
});

Deno.test("every method resolves with its documented result for valid responses", async () => {
  none(await validCalls());
});

Deno.test("every method rejects invalid arguments before it sends a request", async () => {
  const { count, failures } = await invalidArguments();
  assert(count > 5_000);
  none(failures);
});

Deno.test("every method handles an invalid value in any field of a response", async () => {
  none((await sweep(SHARE, SEED)).failures);
});

Deno.test("every method and function handles hostile responses", async () => {
  none(await rounds(SEED, ROUNDS));
});
