/** Rounds with invalid arguments and hostile responses: all listed ones, and random ones. */
import type { MethodCall } from "./call.ts";
import { CALLS } from "./calls.ts";
import type { Failure } from "./failure.ts";
import { functionFault, FUNCTIONS } from "./functions.ts";
import {
  changed,
  type HostileResponse,
  mutateResponse,
  mutateValue,
  paths,
  PLAIN_WRONG,
  write,
} from "./mutate.ts";
import { Random } from "./random.ts";
import {
  type ClientSettings,
  fault,
  hostileClient,
  invalidCallFault,
  invalidCalls,
  invoke,
  outcomeOf,
  type Seen,
  validArguments,
} from "./run.ts";
import { transactionRound } from "./transactions.ts";

export type { Failure };

const decoder = new TextDecoder();

function show(response: HostileResponse | undefined): string | undefined {
  if (!response) return undefined;
  const { status, headers, body } = response;
  const text = body ? decoder.decode(body) : "";
  const shown = text.length > 2_000 ? `${text.slice(0, 2_000)}… (${text.length} characters)` : text;
  return `${status} ${JSON.stringify(headers)}\n${shown}`;
}

/** Makes a call in which one of the responses is hostile. */
async function attack(
  call: MethodCall,
  target: number,
  make: (valid: unknown) => HostileResponse,
  settings?: ClientSettings,
): Promise<{ what: string | undefined; response: HostileResponse | undefined; path: string }> {
  let response: HostileResponse | undefined;
  let where = "";
  const client = hostileClient(call, (number, method, path, valid) => {
    if (number !== target) return undefined;
    where = `${method} ${path}`;
    return response = make(valid);
  }, settings);
  const outcome = await outcomeOf(() => invoke(client, call, validArguments(call)));
  return { what: fault(call, outcome), response, path: where };
}

/** Makes a valid call, and returns its requests. */
export async function requestsOf(call: MethodCall): Promise<{ seen: Seen[]; what: string | undefined }> {
  const client = hostileClient(call, () => undefined);
  const { seen } = client;
  const outcome = await outcomeOf(() => invoke(client, call, validArguments(call)));
  const error = "error" in outcome && call.statuses?.[0] === undefined
    ? `rejected a valid response: ${outcome.error}`
    : undefined;
  return { seen, what: error ?? fault(call, outcome) };
}

/** Makes all calls with valid arguments and responses, because the table itself must be right. */
export async function validCalls(): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const call of CALLS) {
    const { what } = await requestsOf(call);
    if (what !== undefined) failures.push({ subject: call.method, how: "a valid call", what });
  }
  return failures;
}

/** Makes all calls with every invalid value of every argument and option. */
export async function invalidArguments(): Promise<{ count: number; failures: Failure[] }> {
  const failures: Failure[] = [];
  let count = 0;
  for (const call of CALLS) {
    for (const bad of invalidCalls(call)) {
      count++;
      const what = await invalidCallFault(call, bad);
      if (what !== undefined) failures.push({ subject: call.method, how: bad.how, what });
    }
  }
  return { count, failures };
}

/**
 * Makes all calls with every field of every response replaced by a value of each JSON type, removed or renamed.
 *
 * @param share The share of the calls to make.
 * @param seed Determines which calls are made.
 */
export async function sweep(share = 1, seed = 0): Promise<{ count: number; failures: Failure[] }> {
  const failures: Failure[] = [];
  const random = new Random(seed);
  let count = 0;
  for (const call of CALLS) {
    const { seen } = await requestsOf(call);
    for (const [target, { response: valid, status, path }] of seen.entries()) {
      if (status !== 200 || call.content?.[target]) continue;
      // Skips repeated requests of a call.
      if (call.method === "runOnce" || seen.findIndex(({ path: other }) => other === path) !== target) {
        continue;
      }
      for (const place of paths(valid)) {
        // The first element of an array represents all.
        if (place.some((key) => typeof key === "number" && key > 0)) continue;
        const changes = [
          ...PLAIN_WRONG.map((value) =>
            [JSON.stringify(value).slice(0, 40), (holder: object, key: string | number) => {
              Object.assign(holder, { [key]: value });
            }] as const
          ),
          ["removed", (holder: object, key: string | number) => {
            Reflect.deleteProperty(holder, key);
          }] as const,
          ["renamed", (holder: object, key: string | number) => {
            Object.assign(holder, { [`${key}_`]: Reflect.get(holder, key) });
            Reflect.deleteProperty(holder, key);
          }] as const,
        ];
        for (const [name, change] of changes) {
          // Copying a large response takes longer than everything else.
          if (random.next() >= share) continue;
          const value = changed(valid, place, change);
          if (value === undefined) continue;
          count++;
          const body = new TextEncoder().encode(write(value));
          const { what, response } = await attack(call, target, () => ({
            status: 200,
            body,
            headers: { "content-type": "application/json", "content-length": String(body.length) },
            how: "",
          }));
          if (what === undefined) continue;
          failures.push({
            subject: call.method,
            how: `${path}: ${place.join(".") || "the response"} is ${name}`,
            what,
            response: show(response),
          });
        }
      }
    }
  }
  return { count, failures };
}

const lengths = new Map<MethodCall, number>();

/** Runs one random round. */
export async function round(seed: number): Promise<Failure | undefined> {
  const random = new Random(seed);
  if (random.chance(0.15)) {
    const it = random.pick(FUNCTIONS);
    const { value, how } = mutateValue(random, random.pick(it.samples));
    const text = write(value === undefined ? null : value);
    const what = functionFault(it, text);
    return what === undefined
      ? undefined
      : { subject: it.name, how, what, response: text.slice(0, 2_000), seed };
  }
  if (random.chance(0.1)) return await transactionRound(seed);
  const call = random.pick(CALLS);
  let length = lengths.get(call);
  if (length === undefined) lengths.set(call, length = (await requestsOf(call)).seen.length);
  if (length === 0) return undefined;
  const settings = { limit: random.chance(0.2) ? 1 : 0, observed: random.chance(0.2) };
  const { what, response, path } = await attack(
    call,
    random.below(length),
    (valid) => mutateResponse(random, valid),
    settings,
  );
  if (what === undefined) return undefined;
  return { subject: call.method, how: `${path}: ${response?.how}`, what, response: show(response), seed };
}

/** Runs random rounds. The seed increases by one with each round. */
export async function rounds(seed: number, count: number, enough = Infinity): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (let i = 0; i < count && failures.length < enough; i++) {
    const failure = await round((seed + i) >>> 0);
    if (failure) failures.push(failure);
  }
  return failures;
}
