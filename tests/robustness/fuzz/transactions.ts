/** Hostile transactions of a homeserver, for the handler of application services. */
import { AppService, createRegistration } from "../../../client/appservice/mod.ts";
import { silentLog } from "../../../http/mod.ts";
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
  "_matrix/app/v1/ping",
];
const METHODS = ["PUT", "PUT", "PUT", "PUT", "GET", "POST"];

/** Sends one hostile transaction or request to a service. */
export async function transactionRound(seed: number): Promise<Failure | undefined> {
  const random = new Random(seed);
  const registration = createRegistration({ id: "irc", url: "https://a.example", senderLocalpart: "bot" });
  const errors: unknown[] = [];
  const service = new AppService({
    baseUrl: "https://matrix.example.org",
    serverName: "example.org",
    registration,
    fetch: () => Promise.reject(new TypeError("no network")),
    retries: 0,
    onDeviceLists: ({ changed, left }) => [...changed, ...left],
    onKeyCounts: (counts, unused) => [Object.keys(counts), Object.keys(unused)],
    log: { ...silentLog, error: (...data) => errors.push(data) },
  });
  const types: string[] = [];
  service.on("*", (event) => void types.push(event.type.toUpperCase()), { own: true });
  const method = random.pick(METHODS);
  const isTransaction = method === "PUT";
  const wild = random.chance(0.2) ? mutateValue(random, PATHS[random.below(PATHS.length)]).value : undefined;
  const place = typeof wild === "string"
    ? wild
    : isTransaction
    ? PATHS[random.below(2)]!
    : random.pick(PATHS.slice(2));
  const hostile = mutateResponse(random, TRANSACTION);
  const token = random.chance(0.1) ? "other" : registration.hs_token;
  const fail = (what: string): Failure => ({
    subject: "AppService.fetch",
    how: `${method} ${place}: ${hostile.how}`,
    what,
    response: new TextDecoder().decode(hostile.body ?? undefined).slice(0, 2_000),
    seed,
  });
  let request: Request;
  try {
    request = new Request(new URL(`https://a.example/${place}`), {
      method,
      headers: { authorization: `Bearer ${token}` },
      body: method === "GET" ? undefined : hostile.body,
    });
  } catch {
    return undefined;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => timer = setTimeout(resolve, PATIENCE, undefined));
  try {
    const response = await Promise.race([service.fetch(request), late]);
    if (response === undefined) return fail(`no response within ${PATIENCE} ms`);
    const text = await response.text();
    JSON.parse(text);
    if (![200, 400, 401, 403, 404, 405, 413].includes(response.status)) {
      return fail(`status ${response.status}: ${errors}`);
    }
    if (token === "other" && response.status === 200) return fail("a wrong token was accepted");
    if (token === "other" && types.length > 0) return fail("a handler was called for a wrong token");
    for (const secret of [registration.hs_token, registration.as_token]) {
      if (text.includes(secret) || errors.some((data) => String(data).includes(secret))) {
        return fail("a token is shown");
      }
    }
    const polluted = pollution();
    return polluted === undefined ? undefined : fail(polluted);
  } catch (error) {
    return fail(error instanceof Error ? `${error.stack}` : String(error));
  } finally {
    clearTimeout(timer);
  }
}
