/** Hostile transactions of a homeserver, for the handler of application services. */
import { AppService, createRegistration } from "../../../client/appservice/mod.ts";
import { mutateResponse, mutateValue } from "./mutate.ts";
import { Random } from "./random.ts";
import type { Failure } from "./failure.ts";
import { pollution } from "./run.ts";

const PATIENCE = 5_000;
const EVENT = {
  type: "m.room.message",
  event_id: "$1",
  room_id: "!room:example.org",
  sender: "@alice:example.org",
  origin_server_ts: 1,
  content: { msgtype: "m.text", body: "Hello" },
  unsigned: { age: 1 },
};
const TRANSACTION = {
  events: [
    EVENT,
    {
      ...EVENT,
      event_id: "$2",
      type: "m.room.member",
      state_key: "@bot:example.org",
      content: { membership: "join" },
    },
  ],
  ephemeral: [
    { type: "m.typing", room_id: "!room:example.org", content: { user_ids: ["@alice:example.org"] } },
    { type: "m.presence", sender: "@alice:example.org", content: { presence: "online" } },
  ],
  "de.sorunome.msc2409.to_device": [{ type: "m.dummy", sender: "@alice:example.org", content: {} }],
  "org.matrix.msc3202.device_lists": { changed: ["@alice:example.org"], left: [] },
  "org.matrix.msc3202.device_one_time_keys_count": { "@bot:example.org": { D: { signed_curve25519: 1 } } },
  "org.matrix.msc3202.device_unused_fallback_key_types": { "@bot:example.org": { D: ["signed_curve25519"] } },
};
const PATHS = [
  "_matrix/app/v1/transactions/1",
  "transactions/1",
  "_matrix/app/v1/users/@irc_a:example.org",
  "_matrix/app/v1/rooms/%23irc_a:example.org",
  "_matrix/app/v1/thirdparty/user/irc?nick=a",
  "_matrix/app/v1/thirdparty/protocol/irc",
  "_matrix/app/v1/ping",
];
const ODD_PATHS = [
  "",
  "/",
  "//transactions/1",
  "transactions/",
  "transactions/1/2",
  "transactions/%",
  "transactions/%ff",
  "transactions/%00",
  "transactions/%2F..%2Fusers",
  "transactions/..",
  "_matrix/app/v1/transactions/\u0001",
  `_matrix/app/v1/transactions/${"x".repeat(100_000)}`,
  "_matrix/app/v1/users/nobody",
  "_matrix/app/v1/users/@irc_:",
  "_matrix/app/v1/users/%40irc_%00:example.org",
  "_matrix/app/v1/users/__proto__",
  `_matrix/app/v1/users/@irc_${"x".repeat(100_000)}:example.org`,
  "_matrix/app/v1/rooms/%23",
  "_matrix/app/v1/thirdparty/user",
  "_matrix/app/v1/thirdparty/user?userid=&access_token=a&access_token=b",
  "_matrix/app/v1/thirdparty/location?alias=%ff&alias=%23a",
  "_matrix/app/v1/thirdparty/protocol",
  "_matrix/app/v1/thirdparty/constructor/irc",
  "_matrix/app/v2/transactions/1",
  "_matrix/app/v1/__proto__/1",
  "_matrix/client/v3/login",
];
const METHODS = ["PUT", "GET", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "PROPFIND", "put"];
const LENGTHS = ["0", "1", "-1", "abc", "1e3", "99999999999999999999", "12, 12"];
/** The time limit in milliseconds of a body that does not arrive. */
const DEADLINE = 30;

/** A request, whose body is made for each time that it is sent. */
interface HostileRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: () => BodyInit | undefined;
  /** Whether the token is right. */
  authorized: boolean;
  /** Whether the body may be too late. */
  late: boolean;
  how: string;
}

/** Makes a stream of parts that then ends, fails, or does neither. */
function stream(parts: Uint8Array[], end: "close" | "error" | "hang"): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      if (next < parts.length) return controller.enqueue(parts[next++]!);
      if (end === "close") controller.close();
      else if (end === "error") controller.error(new TypeError("connection lost"));
      else return new Promise<void>(() => {});
    },
    cancel: () => end === "hang" ? new Promise<void>(() => {}) : undefined,
  });
}

function hostileBody(random: Random, bytes: Uint8Array<ArrayBuffer>): [body: () => BodyInit, how: string] {
  const kind = random.pick(["whole", "whole", "whole", "close", "error", "hang"] as const);
  if (kind === "whole") return [() => bytes, kind];
  const at = random.below(bytes.length + 1);
  const parts = [bytes.slice(0, at), new Uint8Array(), bytes.slice(at)];
  return [
    () => stream(kind === "close" ? parts : parts.slice(0, 1 + random.below(2)), kind),
    `${kind} at ${at}`,
  ];
}

function credentials(random: Random, token: string): [headers: Record<string, string>, query: string] {
  const bearer = (
    value: string,
  ): [Record<string, string>, string] => [{ authorization: `Bearer ${value}` }, ""];
  if (random.chance(0.8)) return random.chance(0.9) ? bearer(token) : [{}, token];
  return random.pick<[Record<string, string>, string]>([
    [{}, ""],
    [{}, `${token}x`],
    [{ authorization: "" }, token],
    [{ authorization: `Bearer ${token.slice(0, -1)}` }, token],
    [{ authorization: `Basic ${token}` }, token],
    [{ authorization: token }, ""],
    bearer(""),
    bearer("other"),
    bearer(`${token} ${token}`),
    bearer(`${token}, Bearer other`),
    bearer(token.toUpperCase()),
    bearer("x".repeat(100_000)),
  ]);
}

function hostileRequest(random: Random, token: string): HostileRequest {
  const wild = random.chance(0.25)
    ? random.pick(ODD_PATHS)
    : random.chance(0.1)
    ? mutatedPath(random)
    : undefined;
  const path = wild ?? random.pick([...PATHS.slice(0, 2), ...PATHS.slice(0, 1), ...PATHS]);
  const expected = /transactions/.test(path) ? "PUT" : /ping/.test(path) ? "POST" : "GET";
  const method = random.chance(0.1) ? random.pick(METHODS) : expected;
  const { body: bytes, how } = mutateResponse(random, TRANSACTION);
  const [body, sent] = hostileBody(random, bytes ?? new Uint8Array());
  const [headers, query] = credentials(random, token);
  const authorized = headers.authorization === undefined
    ? query === token
    : headers.authorization === `Bearer ${token}`;
  if (random.chance(0.1)) headers["content-length"] = random.pick(LENGTHS);
  return {
    method,
    path: query ? `${path}${path.includes("?") ? "&" : "?"}access_token=${query}` : path,
    headers,
    body: () => /^(?:GET|HEAD)$/i.test(method) || bytes === null ? undefined : body(),
    authorized,
    late: sent.startsWith("hang"),
    how: `${method} ${path.slice(0, 100)} ${JSON.stringify(headers).slice(0, 200)}: ${how}, ${sent}`,
  };
}

function mutatedPath(random: Random): string {
  const { value } = mutateValue(random, random.pick(PATHS));
  return typeof value === "string" ? value : "";
}

/** Sends hostile requests to a service, some of them twice, and a valid transaction under an ID that may be in use. */
export async function transactionRound(seed: number): Promise<Failure | undefined> {
  const random = new Random(seed);
  const registration = createRegistration({
    id: "irc",
    url: "https://a.example",
    senderLocalpart: "bot",
    users: ["@irc_.*:example\\.org"],
  });
  const hostile = hostileRequest(random, registration.hs_token);
  let shown = "";
  const take = (...data: unknown[]) =>
    void (shown += data.map((one) => `${one} ${(one as Error)?.stack}`).join());
  const service = new AppService({
    baseUrl: "https://matrix.example.org",
    serverName: "example.org",
    registration,
    fetch: () => Promise.resolve(Response.json({})),
    retries: 0,
    deadline: hostile.late ? DEADLINE : 2 * PATIENCE,
    onUser: () => true,
    onAlias: () => true,
    thirdParty: { protocol: () => undefined, users: () => [] },
    onDeviceLists: ({ changed, left }) => [...changed, ...left],
    onKeyCounts: (counts, unused) => [Object.keys(counts), Object.keys(unused)],
    log: { debug: take, info: take, warn: take, error: take },
  });
  const types: string[] = [];
  service.on("*", (event) => void types.push(event.type.toUpperCase()), { own: true });
  const delivered: string[] = [];
  service.on("org.example.valid", (event) => void delivered.push(event.event_id));
  const fail = (what: string): Failure => ({ subject: "AppService.fetch", how: hostile.how, what, seed });

  /** Sends a request. Returns the status of its response, or what is wrong with it. */
  async function send({ method, path, headers, body }: HostileRequest): Promise<number | string | undefined> {
    let request: Request;
    try {
      const init = { method, headers, body: body(), duplex: "half" };
      request = new Request(new URL(`https://a.example/${path}`), init);
    } catch {
      return undefined;
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((resolve) => timer = setTimeout(resolve, PATIENCE, undefined));
    try {
      const response = await Promise.race([service.fetch(request), late]);
      if (response === undefined) return `no response within ${PATIENCE} ms`;
      const text = await response.text();
      shown += text;
      return responseFault(response, text) ?? response.status;
    } catch (error) {
      return error instanceof Error ? `${error.stack}` : String(error);
    } finally {
      clearTimeout(timer);
    }
  }

  const first = await send(hostile);
  if (first === undefined) return undefined;
  if (typeof first === "string") return fail(first);
  if (!hostile.authorized && first === 200) return fail("a wrong token was accepted");
  if (!hostile.authorized && types.length > 0) return fail("a handler was called for a wrong token");
  if (first !== 200 && types.length > 0) return fail(`a handler was called, but the status is ${first}`);
  if (first === 408 && !hostile.late) return fail("the body had arrived");
  const count = types.length;
  const again = await Promise.all([send(hostile), send(hostile)]);
  if (again.some((status) => status !== first)) return fail(`${first}, then ${again}`);
  if (types.length > count) return fail("events were delivered twice");
  const ids = [`$valid${seed}`, `$other${seed}`];
  const valid: HostileRequest = {
    ...hostile,
    method: "PUT",
    path: PATHS[0]!,
    headers: { authorization: `Bearer ${registration.hs_token}` },
    body: () =>
      JSON.stringify({ events: ids.map((event_id) => ({ ...EVENT, event_id, type: "org.example.valid" })) }),
  };
  let statuses: unknown[] = [];
  // On a busy machine, a short deadline may have passed. A homeserver sends a transaction again after 503.
  for (let i = 0; i === 0 || (i < 50 && hostile.late && statuses.some((status) => status !== 200)); i++) {
    statuses = await Promise.all([send(valid), send(valid), send(valid)]);
  }
  if (statuses.some((status) => status !== 200)) return fail(`a valid transaction afterwards: ${statuses}`);
  if (delivered.join() !== ids.join()) return fail(`a valid transaction afterwards delivered ${delivered}`);
  for (const secret of [registration.hs_token, registration.as_token]) {
    if (shown.includes(secret)) return fail("a token is shown");
  }
  const polluted = pollution();
  return polluted === undefined ? undefined : fail(polluted);
}

/** Statuses and codes of the specification, and 408 for a body that does not arrive. */
const CODES: Record<number, string[]> = {
  400: ["M_NOT_JSON", "M_BAD_JSON", "M_INVALID_PARAM", "M_MISSING_PARAM"],
  401: ["M_MISSING_TOKEN"],
  403: ["M_FORBIDDEN"],
  404: ["M_NOT_FOUND", "M_UNRECOGNIZED"],
  405: ["M_UNRECOGNIZED"],
  408: ["M_UNKNOWN"],
  413: ["M_TOO_LARGE"],
};

function responseFault({ status, headers }: Response, text: string): string | undefined {
  if (headers.get("content-type") !== "application/json") {
    return `content type ${headers.get("content-type")}`;
  }
  const body = JSON.parse(text);
  if (status === 200) return undefined;
  if (typeof body.error !== "string" || !CODES[status]?.includes(body.errcode)) {
    return `status ${status}: ${text}`;
  }
  if (status === 405 && !headers.get("allow")) return "405 without Allow";
}
