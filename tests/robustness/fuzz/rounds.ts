/** Rounds of hostile answers: all that can be listed, and as many random ones as are asked for. */
import type { MethodCall } from "./call.ts";
import { CALLS } from "./calls.ts";
import { functionFault, FUNCTIONS } from "./functions.ts";
import {
  changed,
  type HostileAnswer,
  mutateAnswer,
  mutateValue,
  paths,
  PLAIN_WRONG,
  write,
} from "./mutate.ts";
import { Random } from "./random.ts";
import {
  badCallFault,
  badCalls,
  type ClientSettings,
  fault,
  goodArguments,
  hostileClient,
  invoke,
  outcomeOf,
  type Seen,
} from "./run.ts";

/** What has gone wrong. */
export interface Failure {
  /** The method or function. */
  subject: string;
  /** What was done. */
  how: string;
  /** What came of it. */
  what: string;
  /** The answer, or what a function was given. */
  answer?: string;
  /** The seed that repeats it, of random rounds. */
  seed?: number;
}

const decoder = new TextDecoder();

function show(answer: HostileAnswer | undefined): string | undefined {
  if (!answer) return undefined;
  const { status, headers, body } = answer;
  const text = body ? decoder.decode(body) : "";
  const shown = text.length > 2_000 ? `${text.slice(0, 2_000)}… (${text.length} characters)` : text;
  return `${status} ${JSON.stringify(headers)}\n${shown}`;
}

/** Makes a call in which the homeserver gives a hostile answer to one of the requests. */
async function attack(
  call: MethodCall,
  target: number,
  make: (valid: unknown) => HostileAnswer,
  settings?: ClientSettings,
): Promise<{ what: string | undefined; answer: HostileAnswer | undefined; path: string }> {
  let answer: HostileAnswer | undefined;
  let where = "";
  const client = hostileClient(call, (number, method, path, valid) => {
    if (number !== target) return undefined;
    where = `${method} ${path}`;
    return answer = make(valid);
  }, settings);
  const outcome = await outcomeOf(() => invoke(client, call, goodArguments(call)));
  return { what: fault(call, outcome), answer, path: where };
}

/** Makes a call that nothing is wrong with, and gives the requests that it takes. */
export async function requestsOf(call: MethodCall): Promise<{ seen: Seen[]; what: string | undefined }> {
  const client = hostileClient(call, () => undefined);
  const { seen } = client;
  const outcome = await outcomeOf(() => invoke(client, call, goodArguments(call)));
  const error = "error" in outcome && call.statuses?.[0] === undefined
    ? `rejected though nothing is wrong: ${outcome.error}`
    : undefined;
  return { seen, what: error ?? fault(call, outcome) };
}

/** Every method with good arguments and valid answers: the table itself must be right. */
export async function validCalls(): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const call of CALLS) {
    const { what } = await requestsOf(call);
    if (what !== undefined) failures.push({ subject: call.method, how: "a call that is right", what });
  }
  return failures;
}

/** Every method with each argument and option wrong in every way. */
export async function wrongArguments(): Promise<{ count: number; failures: Failure[] }> {
  const failures: Failure[] = [];
  let count = 0;
  for (const call of CALLS) {
    for (const bad of badCalls(call)) {
      count++;
      const what = await badCallFault(call, bad);
      if (what !== undefined) failures.push({ subject: call.method, how: bad.how, what });
    }
  }
  return { count, failures };
}

/**
 * Every field of every valid answer: a value of each JSON type, left out, under another name.
 *
 * @param share Of all that, how much.
 * @param seed Which, if it is not all.
 */
export async function sweep(share = 1, seed = 0): Promise<{ count: number; failures: Failure[] }> {
  const failures: Failure[] = [];
  const random = new Random(seed);
  let count = 0;
  for (const call of CALLS) {
    const { seen } = await requestsOf(call);
    for (const [target, { answer: valid, status, path }] of seen.entries()) {
      if (status !== 200 || call.content?.[target]) continue;
      // The same again, of what asks more than once.
      if (call.method === "runOnce" || seen.findIndex(({ path: other }) => other === path) !== target) {
        continue;
      }
      for (const place of paths(valid)) {
        // One of a list stands for all.
        if (place.some((key) => typeof key === "number" && key > 0)) continue;
        const changes = [
          ...PLAIN_WRONG.map((value) =>
            [JSON.stringify(value).slice(0, 40), (holder: object, key: string | number) => {
              Object.assign(holder, { [key]: value });
            }] as const
          ),
          ["left out", (holder: object, key: string | number) => {
            Reflect.deleteProperty(holder, key);
          }] as const,
          ["renamed", (holder: object, key: string | number) => {
            Object.assign(holder, { [`${key}_`]: Reflect.get(holder, key) });
            Reflect.deleteProperty(holder, key);
          }] as const,
        ];
        for (const [name, change] of changes) {
          // A copy of a large response takes longer than all the rest.
          if (random.next() >= share) continue;
          const value = changed(valid, place, change);
          if (value === undefined) continue;
          count++;
          const body = new TextEncoder().encode(write(value));
          const { what, answer } = await attack(call, target, () => ({
            status: 200,
            body,
            headers: { "content-type": "application/json", "content-length": String(body.length) },
            how: "",
          }));
          if (what === undefined) continue;
          failures.push({
            subject: call.method,
            how: `${path}: ${place.join(".") || "the whole"} is ${name}`,
            what,
            answer: show(answer),
          });
        }
      }
    }
  }
  return { count, failures };
}

const lengths = new Map<MethodCall, number>();

/** One random round. */
export async function round(seed: number): Promise<Failure | undefined> {
  const random = new Random(seed);
  if (random.chance(0.15)) {
    const it = random.pick(FUNCTIONS);
    const { value, how } = mutateValue(random, random.pick(it.samples));
    const text = write(value === undefined ? null : value);
    const what = functionFault(it, text);
    return what === undefined
      ? undefined
      : { subject: it.name, how, what, answer: text.slice(0, 2_000), seed };
  }
  const call = random.pick(CALLS);
  let length = lengths.get(call);
  if (length === undefined) lengths.set(call, length = (await requestsOf(call)).seen.length);
  if (length === 0) return undefined;
  const settings = { limit: random.chance(0.2) ? 1 : 0, watched: random.chance(0.2) };
  const { what, answer, path } = await attack(
    call,
    random.below(length),
    (valid) => mutateAnswer(random, valid),
    settings,
  );
  if (what === undefined) return undefined;
  return { subject: call.method, how: `${path}: ${answer?.how}`, what, answer: show(answer), seed };
}

/** As many random rounds as are asked for; the seed of each is one more than that of the one before. */
export async function rounds(seed: number, count: number, enough = Infinity): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (let i = 0; i < count && failures.length < enough; i++) {
    const failure = await round((seed + i) >>> 0);
    if (failure) failures.push(failure);
  }
  return failures;
}
