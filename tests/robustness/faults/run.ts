/** Runs one call of one case, and compares it with the expected result. */
import { AppService } from "../../../client/appservice/mod.ts";
import { ClientAPI } from "../../../client/mod.ts";
import type { HTTPHooks, Log } from "../../../http/mod.ts";
import type { Registration } from "../../../types/mod.ts";
import { CALLS, contentByte } from "./calls.ts";
import { type CallName, type Expected, type FaultCase, type Runtime, UPLOAD_SIZE, WITHIN } from "./case.ts";
import { SECRET_CALLS, type SecretCall } from "./secret_calls.ts";
import { everything, SECRETS, secretsIn, TOKEN } from "./secrets.ts";
import { FaultServer, pause, type Received } from "./server.ts";

/** The result of a call. */
export interface Run {
  attempts: number;
  requests: number;
  /** Distinct transaction IDs among the requests. */
  transactions: number;
  outcome: string;
  milliseconds: number;
  /** Descriptions of unexpected results. */
  problems: string[];
}

const REGISTRATION: Registration = {
  id: "service",
  url: null,
  as_token: SECRETS.asToken,
  hs_token: SECRETS.hsToken,
  sender_localpart: "bot",
  namespaces: { users: [{ regex: "@ghost_.*:localhost", exclusive: true }] },
};

/** The time in milliseconds after which a call counts as hanging. */
const HANG = 15_000;
/** The maximum time in milliseconds between an abort and the rejection. */
const ABORT_LATENCY = 400;

/** The current runtime. */
export const RUNTIME: Runtime = "Deno" in globalThis ? "Deno" : "Bun" in globalThis ? "Bun" : "Node";

/** Returns the expected result of a call on a runtime. */
export function expected(fault: FaultCase, call: CallName, runtime: Runtime): Expected {
  const like = call === "ghost" ? "PUT" : call;
  const expect = fault.expect[call] ?? fault.expect[like]!;
  const exceptions =
    fault.except?.filter((one) => one.runtimes.includes(runtime) && one.calls.includes(like)) ?? [];
  return exceptions.reduce((sum, one) => ({ ...sum, ...one.expect }), expect);
}

/** Records the log lines and hooks of a client. */
class Witness {
  attempts = 0;
  text = "";
  readonly log: Log;
  readonly hooks: HTTPHooks = {
    onRequest: (attempt) => {
      this.attempts++;
      this.text += everything(attempt);
    },
    onResponse: (attempt) => this.text += everything(attempt),
    onRetry: (attempt) => this.text += everything(attempt),
  };

  constructor() {
    const take = (...data: unknown[]) => this.text += everything(data);
    this.log = { debug: take, info: take, warn: take, error: take };
  }
}

/** Runs one call of a case. */
export async function run(fault: FaultCase, call: CallName): Promise<Run> {
  const expect = expected(fault, call, RUNTIME);
  const controller = new AbortController();
  const reason = { cancelled: "by the caller" };
  let aborted = Infinity;
  const abort = () => {
    aborted = performance.now();
    controller.abort(reason);
  };
  const other = new FaultServer({ serve: fault.other ?? [(x) => x.end()] });
  const server = new FaultServer({ serve: fault.serve, accept: fault.accept, other, abort });
  await other.listen();
  if (fault.late === undefined) await server.listen();
  else server.reserve();
  const witness = new Witness();
  const { deadline = 12_000, ...more } = fault.options ?? {};
  const options = {
    ...more,
    baseUrl: fault.scheme ? server.url.replace("http", fault.scheme) : server.url,
    log: witness.log,
    hooks: witness.hooks,
    retry: { minTimeout: 5, maxTimeout: 20, ...more.retry },
  };
  const service = new AppService({
    ...options,
    requestDeadline: deadline,
    serverName: "localhost",
    registration: REGISTRATION,
  });
  const client = call === "ghost"
    ? service.intent("@ghost_bob:localhost")
    : new ClientAPI({ ...options, deadline, token: TOKEN });
  if (fault.warm) {
    await client.api.request("GET", "/_matrix/client/versions");
    witness.attempts = 0;
    // If the server closes the connection, the runtime must notice it before the call, also on a busy machine.
    for (let turn = 0; turn < 6; turn++) await pause(20);
  }
  const before = server.received.length;
  if (fault.late !== undefined && fault.late < Infinity) pause(fault.late).then(() => server.listen());
  if (fault.abort === "before") abort();
  const start = performance.now();
  const promise = CALLS[call](client, controller.signal);
  if (fault.abort === "after") abort();
  let outcome = "hangs", error: unknown, result: unknown;
  await Promise.race([
    promise.then((value) => {
      outcome = "response";
      result = value;
    }, (caught) => {
      error = caught;
      outcome = caught === reason ? "reason" : caught instanceof Error ? caught.name : String(caught);
    }),
    pause(HANG),
  ]);
  const end = performance.now();
  // Requests after the end and open connections are faults.
  await pause(50);
  const idle = expect.held || (await server.idle(4_000) && await other.idle(4_000));
  const received = server.received.slice(before);
  const done: Run = {
    attempts: witness.attempts,
    requests: received.length,
    transactions: new Set(received.map(({ target }) => /\/send\/[^/]+\/([^?]+)/.exec(target)?.[1])).size,
    outcome,
    milliseconds: Math.round(end - start),
    problems: [],
  };
  const problem = (text: string) => done.problems.push(text);
  if (outcome !== expect.outcome) problem(`${outcome}, not ${expect.outcome}: ${said(error)}`);
  if (done.attempts !== expect.attempts) problem(`${done.attempts} attempts, not ${expect.attempts}`);
  const requests = expect.requests ?? expect.attempts;
  const [least, most] = typeof requests === "number" ? [requests, requests] : requests;
  if (done.requests < least || done.requests > most) problem(`${done.requests} requests, not ${requests}`);
  if (call === "PUT" && done.requests > 0 && done.transactions !== 1) {
    problem(`${done.transactions} transaction IDs, not 1`);
  }
  if (done.milliseconds < (fault.atLeast ?? 0)) problem(`only ${done.milliseconds} ms, not ${fault.atLeast}`);
  const within = fault.within ?? WITHIN;
  if (done.milliseconds > within) problem(`${done.milliseconds} ms, not ${within}`);
  if (outcome === "reason" && end - Math.max(aborted, start) > ABORT_LATENCY) {
    problem(`${Math.round(end - aborted)} ms from the cancellation to its end`);
  }
  if (!idle && !expect.held) problem("a connection with an unread response stays open");
  if (other.received.length !== (fault.otherRequests?.[call] ?? 0)) {
    problem(`${other.received.length} requests to the other origin`);
  }
  if (outcome === "response" && /bytes|Blob|stream|function/.test(call)) checkContent(received, problem);
  const seen = witness.text + everything(client) + everything(client.api) + everything(service) +
    (error ? everything(error) : "");
  const sinks: [string, string][] = [
    [`errors, logs and hooks`, seen],
    [`the other origin's requests`, other.received.map(({ head, body }) => head + body).join("\n")],
    // A request to another server holds nothing but its own URL and content.
    [`requests to other servers`, isForeign(call) ? received.map(({ head }) => sent(head)).join("\n") : ""],
    [`URLs`, received.map(({ target }) => sent(target)).join("\n")],
  ];
  for (const [sink, text] of sinks) {
    for (const secret of secretsIn(text)) problem(`${secret} in ${sink}: ${around(text, secret)}`);
  }
  if (typeof result === "number" && result !== UPLOAD_SIZE) problem(`${result} bytes downloaded`);
  server.close();
  other.close();
  return done;
}

function isForeign(call: CallName): boolean {
  const calls: Partial<Record<CallName, SecretCall>> = SECRET_CALLS;
  return calls[call]?.foreign ?? false;
}

/** Removes the query parameters that the caller has set. */
function sent(text: string): string {
  return text.replace(/(?:extra|signature)=\w+/, "");
}

function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.message}${error.cause ? ` (${said(error.cause)})` : ""}`;
}

/** Checks that the server has received the whole content of an upload. */
function checkContent(received: Received[], problem: (text: string) => void): void {
  const body = received.at(-1)?.body;
  if (body?.length !== UPLOAD_SIZE) return problem(`${body?.length} bytes were received`);
  for (let i = 0; i < body.length; i += 997) {
    if (body[i] !== contentByte(i)) return problem(`byte ${i} is not what was sent`);
  }
}

function around(text: string, name: string): string {
  const at = text.split("\n").find((line) => secretsIn(line).includes(name)) ?? "";
  return at.length > 300 ? `${at.slice(0, 300)}…` : at;
}
