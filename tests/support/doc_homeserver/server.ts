/**
 * A homeserver in memory for examples, `https://matrix.example.org` with the server name `example.org`.
 *
 * It is lenient, so that examples need no preparation. Rooms, aliases, events and media are created
 * on first use, with the caller and Bob as members. A token belongs to the user whose name it contains (`bob`, `carol`,
 * `dave`, `bot`), otherwise to Alice. An idle poll ends with a message of Bob's, the next one with an invitation.
 *
 * Names make it fail. Identifiers with `missing`, `unknown`, `nowhere` or `nobody` are not found. Rooms with
 * `private`, `secret` or `forbidden` cannot be joined. Passwords and tokens with `wrong`, `expired` or `revoked` are
 * invalid. `busy.example.org` responds with 429 to the first attempt of every request, `down.example.org`
 * refuses connections, and `slow.example.org` never responds.
 */
import { Accounts } from "./accounts.ts";
import { type Call, Fault, type Handler, type Json, rest, type Routes, SERVER } from "./route.ts";
import { AUTH_METADATA, Issuer } from "./issuer.ts";
import { Keys } from "./keys.ts";
import { Media } from "./media.ts";
import { RoomRoutes } from "./room_routes.ts";
import { Rooms } from "./rooms.ts";
import { Timeline } from "./timeline.ts";

interface Route {
  method: string;
  pattern: RegExp;
  names: string[];
  handler: Handler;
}

/** Routes that need no token. */
const PUBLIC =
  /^\/(\.well-known|_matrix\/client\/versions|_matrix\/client\/v1\/auth_metadata|_matrix\/client\/v3\/(login|register|refresh)$|_matrix\/media\/v3\/(download|thumbnail)\/)/;
const VERSIONS = ["r0.6.1", ...Array.from({ length: 15 }, (_, i) => `v1.${i + 1}`)];

function compile(routes: Routes): Route[] {
  return Object.entries(routes).map(([key, handler]) => {
    const [method = "", path = ""] = key.split(" ");
    const names: string[] = [];
    const source = path.replaceAll(".", "\\.").replace(/\{(\w+)\}/g, (_, name: string) => {
      names.push(name);
      return "([^/]*)";
    });
    return { method, pattern: new RegExp(`^${source}$`), names, handler };
  });
}

function miscellany(): Routes {
  const v3 = "/_matrix/client/v3";
  return {
    "GET /.well-known/matrix/client": () => ({ "m.homeserver": { base_url: `https://matrix.${SERVER}` } }),
    "GET /_matrix/client/v1/auth_metadata": () => AUTH_METADATA,
    "GET /_matrix/client/versions": () => ({ versions: VERSIONS, unstable_features: {} }),
    [`GET ${v3}/capabilities`]: () => ({
      capabilities: {
        "m.change_password": { enabled: true },
        "m.room_versions": { default: "11", available: { "10": "stable", "11": "stable" } },
      },
    }),
    [`GET ${v3}/voip/turnServer`]: () => ({
      username: "1443779631:@alice:example.org",
      password: "JlKfBy1QwLrO20385QyAtEyIv0=",
      uris: [`turn:turn.${SERVER}:3478?transport=udp`],
      ttl: 86_400,
    }),
    [`POST ${v3}/search`]: () => ({
      search_categories: { room_events: { count: 0, results: [], highlights: [] } },
    }),
    [`POST ${v3}/users/{userId}/report`]: () => ({}),
    [`GET ${v3}/account/3pid`]: () => ({ threepids: [] }),
  };
}

async function readJson(request: Request): Promise<Json> {
  if (!request.headers.get("content-type")?.startsWith("application/json")) return {};
  const text = await request.text();
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new Fault(400, "M_NOT_JSON", "Content not JSON.");
  }
}

/** The homeserver. */
export class DocHomeserver {
  readonly #routes: Route[];
  readonly #accounts: Accounts;
  readonly #timeline: Timeline;
  readonly #issuer: Issuer;
  readonly #busy = new Set<string>();

  constructor() {
    const rooms = new Rooms();
    this.#accounts = new Accounts(rooms);
    this.#timeline = new Timeline(rooms, this.#accounts);
    this.#issuer = new Issuer((token, deviceId) => this.#accounts.addToken(token, deviceId));
    this.#routes = compile({
      ...miscellany(),
      ...this.#accounts.routes(),
      ...new RoomRoutes(rooms).routes(),
      ...this.#timeline.routes(),
      ...new Media().routes(),
      ...new Keys().routes(),
    });
  }

  /** Sets a function to call when a poll has nothing left to wait for. */
  set onIdle(callback: () => void) {
    this.#timeline.onIdle = callback;
  }

  /** Replaces the runtime's `fetch`. */
  async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    const url = new URL(request.url);
    switch (url.hostname) {
      case `slow.${SERVER}`:
        await rest(2 ** 31 - 1, new Promise(() => {}), request.signal);
        break;
      case `busy.${SERVER}`: {
        const key = `${request.method} ${url.pathname}`;
        if (this.#busy.has(key)) break;
        this.#busy.add(key);
        await request.body?.cancel();
        return new Fault(429, "M_LIMIT_EXCEEDED", "Too Many Requests", { retry_after_ms: 1 }).toResponse();
      }
      case `account.${SERVER}`:
        return await this.#issuer.fetch(request);
      case SERVER:
      case `matrix.${SERVER}`:
        break;
      default:
        throw new TypeError(`error sending request for url (${url.origin}/)`);
    }
    try {
      return await this.#response(request, url);
    } catch (error) {
      if (error instanceof Fault) return error.toResponse();
      throw error;
    }
  }

  async #response(request: Request, url: URL): Promise<Response> {
    const known = this.#routes.map((route) => ({ route, match: route.pattern.exec(url.pathname) }))
      .filter(({ match }) => match !== null);
    const found = known.find(({ route }) => route.method === request.method);
    if (!found) {
      await request.body?.cancel();
      throw new Fault(known.length > 0 ? 405 : 404, "M_UNRECOGNIZED", "Unrecognized request");
    }
    const { route, match } = found;
    const params = Object.fromEntries(
      route.names.map((name, i) => [name, decodeURIComponent(match?.[i + 1] ?? "")]),
    );
    const caller = this.#identify(request, url);
    const upload = /\/media\/v3\/upload/.test(url.pathname);
    const body = upload ? {} : await readJson(request);
    const response = await route.handler({ params, query: url.searchParams, body, request, ...caller });
    return response instanceof Response ? response : Response.json(response);
  }

  /** Returns the sender of a request, which may be a user of an application service. */
  #identify(request: Request, url: URL): Pick<Call, "userId" | "deviceId" | "token"> {
    const token = request.headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
    if (token === "") {
      if (PUBLIC.test(url.pathname)) return { userId: "", deviceId: "", token };
      throw new Fault(401, "M_MISSING_TOKEN", "Missing access token");
    }
    const caller = this.#accounts.identify(token);
    return {
      userId: url.searchParams.get("user_id") ?? caller.userId,
      deviceId: url.searchParams.get("device_id") ?? caller.deviceId,
      token,
    };
  }
}
