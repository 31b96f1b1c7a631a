import { unlessAborted } from "../http/deadline.ts";
import { MatrixUIARequired } from "../http/errors/base.ts";
import { isJsonObject, type JsonObject } from "../types/json.ts";
import { checkGiven, given, kindOf, numberOrKind, unlessEmpty } from "../http/validate.ts";
import type { AuthenticationData } from "../types/auth.ts";

/**
 * Answers a homeserver that requires its user to authenticate.
 *
 * @param required The error with the flows, the session and what is completed.
 * @param attempt Number of the question within the call, from 1.
 * @param call The call, the same object for each of its questions.
 * @returns The data of one stage, sent as `auth`; `null` to throw the error.
 */
export type UIAAnswer = (
  required: MatrixUIARequired,
  attempt: number,
  call?: UIACall,
) => AuthenticationData | null | Promise<AuthenticationData | null>;

/** A call that requires user-interactive authentication. */
export interface UIACall {
  /** Returns the URL of the homeserver's own page for a stage. */
  getFallbackUrl(stage: string, session: string): URL;
}

/** A stage that an answer of {@linkcode answerStages} is asked for. */
export interface UIAStage {
  /** The stage, such as `m.login.terms`. */
  type: string;
  /** The homeserver's parameters of the stage. */
  params: JsonObject;
  /** The session. */
  session: string | undefined;
  /** The page on which the user can complete the stage in a browser; `undefined` if the homeserver names no session. */
  url: URL | undefined;
  /** Number of times that this stage has been asked for within the call, from 1. */
  attempt: number;
  /** Why the homeserver refused the answer before; `undefined` for the first one. */
  error: MatrixUIARequired | undefined;
}

/** Data of a stage, without `type` and `session`, or a function that returns it; `null` to throw the error. */
export type UIAStageAnswer =
  | AuthenticationData
  | ((stage: UIAStage) => AuthenticationData | null | Promise<AuthenticationData | null>);

/** Options of {@linkcode answerStages}. */
export interface AnswerStagesOptions {
  /**
   * Completes stages that have no answer. Show the user `url` and resolve when they say that they are done. Then the
   * request is sent again with the session alone.
   */
  fallback?: ((stage: UIAStage) => void | Promise<void>) | undefined;
  /**
   * Maximum number of times that a function is asked for the same stage.
   *
   * @default {5}
   */
  maxAttempts?: number | undefined;
}

/** Progress of one call: the number of times that each stage was asked for, and the last one. */
interface Progress {
  readonly asked: Map<string, number>;
  last?: string;
}

/**
 * Makes the `auth` of methods that require user-interactive authentication out of answers for stages.
 *
 * Each time the homeserver asks, the first flow whose open stages all have an answer is chosen, and its first open stage
 * is answered. `m.login.dummy` needs no answer. Data that the homeserver refuses is not sent again: the method throws
 * {@linkcode MatrixUIARequired}, whose `errcode` says why. The answers can be used for any number of calls.
 *
 * @example Delete a device with the password
 * ```ts
 * import { answerStages, ClientAPI } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
 * const auth = answerStages({
 *   "m.login.password": { identifier: { type: "m.id.user", user: "alice" }, password: "correct horse" },
 * });
 * assertEquals(typeof auth, "function"); // await client.deleteDevice("OLDPHONE", { auth })
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#user-interactive-authentication-api
 * @param answers The answers, by stage.
 * @param options What completes the other stages, and how often to ask.
 * @returns The `auth` option.
 * @throws {TypeError} If an answer is neither an object nor a function, or `fallback` is not a function.
 * @throws {RangeError} If `maxAttempts` is not a positive integer.
 */
export function answerStages(
  answers: Readonly<Record<string, UIAStageAnswer>>,
  options?: AnswerStagesOptions,
): UIAAnswer {
  const { fallback, maxAttempts: limit } = given(options);
  const maxAttempts = limit ?? 5;
  if (!Number.isSafeInteger(maxAttempts) || maxAttempts < 1) {
    throw new RangeError(
      `Cannot answer stages: maxAttempts must be a positive integer, received ${numberOrKind(maxAttempts)}`,
    );
  }
  if ((fallback ?? undefined) !== undefined && typeof fallback !== "function") {
    throw new TypeError(`Cannot answer stages: fallback must be a function, received ${kindOf(fallback)}`);
  }
  if (!isJsonObject(answers)) {
    throw new TypeError(`Cannot answer stages: the answers must be an object, received ${kindOf(answers)}`);
  }
  const known = new Map<string, UIAStageAnswer>([["m.login.dummy", {}], ...Object.entries(answers)]);
  for (const [stage, answer] of known) {
    if (typeof answer === "function" || isJsonObject(answer)) continue;
    throw new TypeError(`Cannot answer stages: the answer of ${stage} must be an object or a function`);
  }
  const calls = new WeakMap<object, Progress>();
  const withoutCall = {};
  return async (required, attempt, call) => {
    const key = call ?? withoutCall;
    if (attempt === 1) calls.delete(key);
    const progress: Progress = calls.get(key) ?? { asked: new Map() };
    calls.set(key, progress);

    const { session, completed } = required;
    const stages = openStages(required, known, Boolean(fallback));
    if (stages === undefined) return null;
    const type = stages[0] ?? "";
    const asked = (progress.asked.get(type) ?? 0) + 1;
    const refused = progress.last === type && !completed.includes(type);
    progress.asked.set(type, asked);
    progress.last = type;
    if (asked > maxAttempts) return null;
    // All stages are complete: the request needs only the session.
    if (type === "") return asked > 1 ? null : inSession({}, session);

    const answer = known.get(type);
    if (isJsonObject(answer)) return asked > 1 ? null : inSession({ ...answer, type }, session);
    const params = stageParams(required, type);
    const error = refused ? required : undefined;
    const stage = { type, params, session, url: pageOf(type, params, session, call), attempt: asked, error };
    if (typeof answer === "function") {
      const data = checkAnswer(await answer(stage), `the answer of ${type}`);
      return data && inSession({ ...data, type }, session);
    }
    await fallback!(stage);
    return inSession({}, session);
  };
}

/** Returns the open stages of the flow to follow; `undefined` if there is no such flow. */
function openStages(
  { flows, completed }: MatrixUIARequired,
  known: ReadonlyMap<string, unknown>,
  hasFallback: boolean,
): string[] | undefined {
  const open = flows.map(({ stages }) => stages.filter((stage) => !completed.includes(stage)));
  return open.find((stages) => stages.every((stage) => known.has(stage))) ??
    (hasFallback ? open[0] : undefined);
}

function stageParams({ params }: MatrixUIARequired, type: string): JsonObject {
  const own = Object.hasOwn(params, type) ? params[type] : undefined;
  return isJsonObject(own) ? own : {};
}

/** Returns the page of a stage: the one that the stage itself names, as `m.oauth` does, or the homeserver's. */
function pageOf(
  type: string,
  { url }: JsonObject,
  session: string | undefined,
  call: UIACall | undefined,
): URL | undefined {
  if (typeof url === "string" && URL.canParse(url) && /^https?:/i.test(url)) return new URL(url);
  return session === undefined ? undefined : call?.getFallbackUrl(type, session);
}

function inSession(data: AuthenticationData, session: string | undefined): AuthenticationData {
  return session === undefined ? data : { ...data, session };
}

/**
 * Sends a request that may require user-interactive authentication.
 *
 * @param auth The data to send, or a function that answers the homeserver's questions.
 * @param call The call.
 * @param signal Cancels the wait for an answer.
 * @param send Sends the request with the data of a stage. The rest of the body has to be the same each time.
 * @returns The response.
 * @throws {MatrixUIARequired} If the homeserver requires authentication and there is no answer.
 */
export async function withUserInteractiveAuth<T>(
  auth: AuthenticationData | UIAAnswer | null | undefined,
  call: UIACall,
  signal: AbortSignal | null | undefined,
  send: (data: AuthenticationData | undefined) => Promise<T>,
): Promise<T> {
  if (typeof auth !== "function") {
    checkGiven("object", { auth });
    // Servers take an empty object for an attempt without a stage.
    return await send(unlessEmpty(auth));
  }
  let data: AuthenticationData | undefined;
  for (let attempt = 1;; attempt++) {
    try {
      return await send(data);
    } catch (error) {
      if (!(error instanceof MatrixUIARequired)) throw error;
      const answer = await unlessAborted(Promise.resolve(auth(error, attempt, call)), signal ?? undefined);
      if (checkAnswer(answer, "the result of auth") === null) throw error;
      data = unlessEmpty(answer);
    }
  }
}

/** Returns what a function has answered; `null` for nothing, so that it is not asked again for ever. */
function checkAnswer(answer: AuthenticationData | null | undefined, what: string): AuthenticationData | null {
  if (answer === null || answer === undefined) return null;
  if (isJsonObject(answer)) return answer;
  throw new TypeError(`Cannot authenticate: ${what} must be an object or null, received ${kindOf(answer)}`);
}

/** Characters of a client secret: 64 of the 65 that are allowed, so that each one takes six random bits. */
const SECRET_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";

/**
 * Makes a client secret for the validation of e-mail addresses and phone numbers.
 *
 * @example Usage
 * ```ts
 * import { makeClientSecret } from "@mtx/client";
 * import { assertMatch } from "@std/assert";
 *
 * assertMatch(makeClientSecret(), /^[0-9a-zA-Z_-]{32}$/);
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3registeremailrequesttoken
 * @returns 32 random characters.
 */
export function makeClientSecret(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => SECRET_CHARACTERS[byte % 64]).join(
    "",
  );
}
