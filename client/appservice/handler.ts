import { within } from "../../http/retry.ts";
import { type Log, silentLog } from "../../http/observe.ts";
import { given } from "../../http/validate.ts";
import type { ThirdPartyLocation, ThirdPartyProtocol, ThirdPartyUser } from "../../types/appservice.ts";
import { isRoomAlias, isUserId, type RoomAlias, type UserID } from "../../types/identifiers.ts";
import { isJsonObject, type JsonObject } from "../../types/json.ts";
import { encodeHex } from "../encoding.ts";
import { checkKind, checkRange, isFunction, isWhole } from "../sync/deliver.ts";
import { readBody } from "./body.ts";
import { LimitedStore } from "./limited_store.ts";
import { forgetOldest } from "./newest.ts";
import { sameToken } from "./token.ts";
import { MemoryTransactionStore, type TransactionStore } from "./transaction_store.ts";

/** Users whose devices have changed, and users who no longer share an encrypted room with the service. */
export interface AppserviceDeviceLists {
  /** Users whose devices have changed. */
  changed: UserID[];
  /** Users whose devices are no longer tracked. */
  left: UserID[];
}

/** Numbers of unclaimed one-time keys, by user, device and algorithm. */
export type AppserviceKeyCounts = Record<UserID, Record<string, Record<string, number>>>;

/** Algorithms of fallback keys that were not used yet, by user and device. */
export type AppserviceFallbackKeys = Record<UserID, Record<string, string[]>>;

/**
 * A transaction of a homeserver. Parts are unchanged from the server, but may come under the names of proposals.
 *
 * @see https://spec.matrix.org/v1.19/application-service-api/#put_matrixappv1transactionstxnid
 */
export interface AppserviceTransaction {
  /** The ID of the transaction. Homeservers may use an ID again after a restart. */
  readonly txnId: string;
  /** Events that were not handled yet. They may be malformed. */
  readonly events: readonly unknown[];
  /** Typing notifications, receipts and presence. A homeserver never sends them again. */
  readonly ephemeral: readonly unknown[];
  /** Messages for devices. A homeserver never sends them again. */
  readonly toDevice: readonly unknown[];
  /** Changes of device lists, if there are any. */
  readonly deviceLists: AppserviceDeviceLists | undefined;
  /** Numbers of one-time keys, if the homeserver sends them. */
  readonly keyCounts: AppserviceKeyCounts | undefined;
  /** Fallback keys that were not used yet, if the homeserver sends them. */
  readonly fallbackKeys: AppserviceFallbackKeys | undefined;
  /** Aborted if another process has claimed the transaction. */
  readonly signal: AbortSignal;
  /**
   * Stores that an event was handled, so that it is skipped if the transaction comes again after a crash. It takes
   * up to a second until that is stored.
   */
  markHandled(event: unknown): void;
}

/** Look-ups of third-party networks. A result of `undefined` means that there is nothing. */
export interface ThirdPartyLookups {
  /** Returns the metadata of a network. */
  protocol?(protocol: string): ThirdPartyProtocol | undefined | PromiseLike<ThirdPartyProtocol | undefined>;
  /** Finds users of a network by the values of its fields. */
  users?(
    protocol: string,
    fields: Record<string, string>,
  ): ThirdPartyUser[] | undefined | PromiseLike<ThirdPartyUser[] | undefined>;
  /** Finds rooms of a network by the values of its fields. */
  locations?(
    protocol: string,
    fields: Record<string, string>,
  ): ThirdPartyLocation[] | undefined | PromiseLike<ThirdPartyLocation[] | undefined>;
  /** Finds the user of a network that a Matrix user stands for. */
  usersById?(userId: UserID): ThirdPartyUser[] | undefined | PromiseLike<ThirdPartyUser[] | undefined>;
  /** Finds the room of a network that an alias stands for. */
  locationsByAlias?(
    roomAlias: RoomAlias,
  ): ThirdPartyLocation[] | undefined | PromiseLike<ThirdPartyLocation[] | undefined>;
}

/** Options of requests of a homeserver, of {@linkcode appserviceHandler} and {@linkcode AppService}. */
export interface AppserviceRequestOptions {
  /**
   * The store of transactions that were handled.
   *
   * @default {a MemoryTransactionStore}
   */
  store?: TransactionStore | undefined;
  /**
   * When a transaction is acknowledged: when its events have been `handled`, or when it was `received`. With `received`,
   * events that are not handled are lost if the process ends.
   *
   * @default {"handled"}
   */
  acknowledge?: "handled" | "received" | undefined;
  /**
   * Milliseconds after which a transaction that is still being handled is responded to with 503. Handling continues, and
   * the repeated transaction joins it. It also limits the time in which a body arrives and a look-up takes. Homeservers
   * wait for 60 s.
   *
   * @default {50000}
   */
  deadline?: number | undefined;
  /**
   * The largest request body, in bytes.
   *
   * @default {67108864}
   */
  maxBodySize?: number | undefined;
  /** Look-ups of third-party networks. */
  thirdParty?: ThirdPartyLookups | undefined;
}

/** Options of {@linkcode appserviceHandler}. */
export interface AppserviceHandlerOptions extends AppserviceRequestOptions {
  /** Token that the homeserver uses with the service. */
  hsToken: string;
  /** Path of the service's URL, if it is not at the root of the server. */
  basePath?: string | undefined;
  /**
   * Handles a transaction. Calls are in the order of arrival. If it rejects, the homeserver sends the transaction again.
   */
  onTransaction: (transaction: AppserviceTransaction) => unknown;
  /** Returns whether a user exists. May create the user first. By default, none exists. */
  onUser?: ((userId: UserID) => boolean | PromiseLike<boolean>) | undefined;
  /** Returns whether a room alias exists. May create the room first. By default, none exists. */
  onAlias?: ((roomAlias: RoomAlias) => boolean | PromiseLike<boolean>) | undefined;
  /** The log. Silent by default. */
  log?: Log | undefined;
}

/** Responds to a homeserver's requests. Any runtime that has web-standard requests can call it. */
export interface AppserviceHandler {
  /**
   * Responds to a request.
   *
   * @param request The request.
   * @param rest Further arguments of the runtime. If one has a `waitUntil()`, as on Workers, work that outlasts the
   * response is passed to it.
   */
  (request: Request, ...rest: unknown[]): Promise<Response>;
  /** Makes the response to the next transaction a 503. */
  requestRetry(): void;
}

/** Milliseconds for which a process claims a transaction. A crashed process blocks it for no longer. */
const LEASE = 10_000;
/** Milliseconds between writes of what was handled, each of which extends the claim. */
const SAVE_INTERVAL = 1_000;
/** The most characters of event IDs to store for a transaction. A value of Deno KV has at most 64 KiB. */
const MAX_HANDLED = 30_000;
/** The number of transactions to keep that were handled but could not be stored as such. */
const MAX_UNSTORED = 100;

/**
 * Creates the handler of a homeserver's requests to an application service, for programs that deliver events on their own.
 * {@linkcode AppService} has one.
 *
 * A transaction is acknowledged when `onTransaction` has ended. One that comes again is not handled again: while it is
 * being handled, the repeated request joins. Transactions are recognized by their ID and their events, because
 * homeservers use IDs again.
 *
 * @example Print events
 * ```ts
 * import { appserviceHandler } from "@mtx/client/appservice";
 * import { assertEquals } from "@std/assert";
 *
 * const events: unknown[] = [];
 * const handler = appserviceHandler({
 *   hsToken: "secret",
 *   onTransaction: (transaction) => void events.push(...transaction.events),
 * });
 * const url = "https://bridge.example.org/_matrix/app/v1/transactions/1";
 * const request = () =>
 *   new Request(url, {
 *     method: "PUT",
 *     headers: { authorization: "Bearer secret" },
 *     body: JSON.stringify({ events: [{ event_id: "$1", type: "org.example" }] }),
 *   });
 * assertEquals((await handler(request())).status, 200);
 * assertEquals((await handler(request())).status, 200); // sent again
 * assertEquals(events.length, 1);
 * ```
 *
 * @see https://spec.matrix.org/v1.19/application-service-api/#homeserver---application-service-api
 * @param options The token, and callbacks.
 * @returns The handler.
 * @throws {TypeError} If an option is of the wrong type.
 * @throws {RangeError} If a number is out of range.
 */
export function appserviceHandler(options: AppserviceHandlerOptions): AppserviceHandler {
  const responder = new Responder(options);
  return Object.assign(
    (request: Request, ...rest: unknown[]) => responder.respond(request, rest),
    { requestRetry: () => responder.requestRetry() },
  );
}

/** Checks the options that {@linkcode appserviceHandler} and {@linkcode AppService} share. */
export function checkRequestOptions(options: AppserviceRequestOptions): void {
  const { store, acknowledge, deadline, maxBodySize, thirdParty } = options;
  const methods = ["claim", "save", "complete", "release"] as const;
  const isStore = store === undefined || store === null ||
    methods.every((name) => typeof store[name] === "function");
  const known = ["handled", "received", undefined, null].includes(acknowledge);
  checkKind("store", isStore, "an object with claim(), save(), complete() and release()", store);
  checkKind("acknowledge", known, '"handled" or "received"', acknowledge);
  checkKind(
    "thirdParty",
    (thirdParty ?? undefined) === undefined || isObject(thirdParty),
    "an object",
    thirdParty,
  );
  const fits = (deadline ?? 1) as number;
  checkRange("deadline", typeof fits === "number" && fits > 0, "a positive number of milliseconds", deadline);
  checkRange("maxBodySize", isWhole(maxBodySize ?? 0), "a number of bytes", maxBodySize);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** An error response. */
class Refusal extends Error {
  readonly status: number;
  readonly errcode: string;
  readonly headers: Record<string, string>;

  constructor(status: number, errcode: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.errcode = errcode;
    this.headers = headers;
  }
}

const UNRECOGNIZED = () => new Refusal(404, "M_UNRECOGNIZED", "Unrecognized request");

/** Methods of endpoints. */
const ENDPOINTS: Record<string, string> = {
  transactions: "PUT",
  users: "GET",
  rooms: "GET",
  ping: "POST",
  thirdparty: "GET",
};

/** A path of the application service API, after the base path. Homeservers older than v1.0 send the paths without prefix. */
const PATHS = [
  /^\/_matrix\/app\/v1\/(transactions|users|rooms)\/([^/]+)$/,
  /^\/(transactions|users|rooms)\/([^/]+)$/,
  /^\/_matrix\/app\/v1\/(ping)$/,
  /^\/_matrix\/app\/(?:v1|unstable)\/(thirdparty)\/(protocol|user|location)(?:\/([^/]+))?$/,
];

class Responder {
  readonly #options: AppserviceHandlerOptions;
  readonly #log: Log;
  readonly #store: LimitedStore;
  readonly #deadline: number;
  readonly #maxBodySize: number;
  readonly #basePath: string;
  /** Transactions that are being handled, by what identifies them. */
  readonly #running = new Map<string, Promise<number>>();
  /** Transactions that were handled, but whose completion could not be stored. */
  readonly #unstored = new Set<string>();
  /** Settles when the last transaction that has arrived was passed on. */
  #passedOn: Promise<void> = Promise.resolve();
  #owner: string | undefined;
  #refusesNext = false;

  constructor(options: AppserviceHandlerOptions) {
    const { hsToken, basePath, onTransaction, onUser, onAlias, log, store, deadline, maxBodySize } = given(
      options,
    ) as AppserviceHandlerOptions;
    checkKind(
      "hsToken",
      typeof hsToken === "string" && hsToken !== "",
      "a string that is not empty",
      typeof hsToken,
    );
    checkKind(
      "basePath",
      ["undefined", "string"].includes(typeof (basePath ?? undefined)),
      "a string",
      basePath,
    );
    checkKind("onTransaction", typeof onTransaction === "function", "a function", onTransaction);
    checkKind("onUser", isFunction(onUser ?? undefined), "a function", onUser);
    checkKind("onAlias", isFunction(onAlias ?? undefined), "a function", onAlias);
    checkRequestOptions(options);
    this.#options = options;
    this.#log = log ?? silentLog;
    this.#store = new LimitedStore(store ?? new MemoryTransactionStore(), LEASE);
    this.#deadline = deadline ?? 50_000;
    this.#maxBodySize = maxBodySize ?? 64 * 1024 * 1024;
    this.#basePath = (basePath ?? "").replace(/\/+$/, "");
  }

  requestRetry(): void {
    this.#refusesNext = true;
  }

  /** Responds to a request. Never rejects. */
  async respond(request: Request, rest: readonly unknown[]): Promise<Response> {
    const begun = performance.now();
    try {
      const [endpoint, ...segments] = this.#route(request);
      this.#authenticate(request);
      const [name = "", detail] = segments.map(decode);
      switch (endpoint) {
        case "transactions":
          return await this.#transaction(request, name, begun, rest);
        case "users":
          return await this.#inTime(begun, this.#exists(this.#options.onUser, isUserId, name, "user"));
        case "rooms":
          return await this.#inTime(
            begun,
            this.#exists(this.#options.onAlias, isRoomAlias, name, "room alias"),
          );
        case "thirdparty":
          return await this.#inTime(begun, this.#thirdParty(request, name, detail));
        default:
          return json({});
      }
    } catch (error) {
      if (error instanceof Refusal) {
        return json({ errcode: error.errcode, error: error.message }, error.status, error.headers);
      }
      this.#log.error("Cannot respond to the homeserver:", error);
      return json({ errcode: "M_UNKNOWN", error: "Internal error" }, 500);
    }
  }

  /** Returns the endpoint of a request and the encoded segments after it. */
  #route({ url, method }: Request): string[] {
    const { pathname } = new URL(url);
    const base = this.#basePath;
    const path = base !== "" && pathname.startsWith(`${base}/`) ? pathname.slice(base.length) : pathname;
    for (const pattern of PATHS) {
      const match = pattern.exec(path);
      if (match === null) continue;
      const [, endpoint = "", ...segments] = match;
      const allow = ENDPOINTS[endpoint]!;
      if (method === allow) return [endpoint, ...segments.filter((segment) => segment !== undefined)];
      throw new Refusal(405, "M_UNRECOGNIZED", `The method must be ${allow}`, { allow });
    }
    throw UNRECOGNIZED();
  }

  /** Checks the token: of the header or, for homeservers older than v1.4, of the query. */
  #authenticate(request: Request): void {
    const header = request.headers.get("authorization");
    const [, scheme = "", token = ""] = header === null
      ? ["", "bearer", new URL(request.url).searchParams.get("access_token") ?? ""]
      : /^(\S*) *(.*)$/.exec(header) ?? [];
    const isBearer = scheme.toLowerCase() === "bearer";
    if (isBearer && token === "") throw new Refusal(401, "M_MISSING_TOKEN", "Missing token");
    if (!isBearer || !sameToken(token, this.#options.hsToken)) {
      throw new Refusal(403, "M_FORBIDDEN", "Wrong token");
    }
  }

  /** Returns the milliseconds until a request must be responded to. */
  #left(begun: number): number {
    return this.#deadline - (performance.now() - begun);
  }

  /** Waits for the response to a look-up. */
  async #inTime(begun: number, work: Promise<Response>): Promise<Response> {
    const response = await within(work, this.#left(begun), undefined);
    if (response === undefined) throw new Refusal(503, "M_UNKNOWN", "The look-up takes too long");
    return response;
  }

  async #exists<T extends string>(
    callback: ((id: T) => boolean | PromiseLike<boolean>) | undefined,
    isId: (id: string) => id is T,
    id: string,
    kind: string,
  ): Promise<Response> {
    if (isId(id) && await callback?.(id) === true) return json({});
    throw new Refusal(404, "M_NOT_FOUND", `There is no such ${kind}`);
  }

  async #thirdParty({ url }: Request, kind: string, protocol: string | undefined): Promise<Response> {
    const { thirdParty = {} } = this.#options;
    const { access_token: _, ...fields } = Object.fromEntries(new URL(url).searchParams);
    const isUser = kind === "user";
    let found: unknown;
    if (kind === "protocol") {
      if (protocol === undefined) throw UNRECOGNIZED();
      found = await thirdParty?.protocol?.(protocol);
    } else if (protocol !== undefined) {
      found =
        await (isUser ? thirdParty?.users?.(protocol, fields) : thirdParty?.locations?.(protocol, fields));
    } else {
      const id = isUser ? fields.userid : fields.alias;
      const name = isUser ? "userid" : "alias";
      if (!id) throw new Refusal(400, "M_MISSING_PARAM", `Missing ${name}`);
      if (!(isUser ? isUserId(id) : isRoomAlias(id))) {
        throw new Refusal(400, "M_INVALID_PARAM", `Invalid ${name}`);
      }
      found = await (isUser
        ? thirdParty?.usersById?.(id as UserID)
        : thirdParty?.locationsByAlias?.(id as RoomAlias));
    }
    if (found === undefined || found === null) throw new Refusal(404, "M_NOT_FOUND", "Nothing found");
    return json(found);
  }

  async #transaction(
    request: Request,
    txnId: string,
    begun: number,
    rest: readonly unknown[],
  ): Promise<Response> {
    if (this.#refusesNext) {
      this.#refusesNext = false;
      throw new Refusal(503, "M_UNKNOWN", "Send the transaction again");
    }
    const body = await this.#body(request, begun);
    if (!Array.isArray(body.events)) throw new Refusal(400, "M_BAD_JSON", "events must be an array");
    const id = `${txnId}\n${JSON.stringify(idsOf(body.events) ?? body)}`;
    let work = this.#running.get(id);
    if (work === undefined) {
      // Nothing is awaited between the end of the body and this, so that transactions keep their order.
      work = this.#handle(id, txnId, body, rest).finally(() => this.#running.delete(id));
      this.#running.set(id, work);
    }
    outlast(rest, work);
    const status = await within(work, this.#left(begun), 503);
    if (status === 200) return json({});
    if (status === 503) throw new Refusal(503, "M_UNKNOWN", "The transaction is being handled");
    throw new Refusal(500, "M_UNKNOWN", "Internal error");
  }

  async #body(request: Request, begun: number): Promise<JsonObject> {
    const bytes = await readBody(request, this.#maxBodySize, this.#left(begun));
    if (bytes === "late") throw new Refusal(408, "M_UNKNOWN", "The body takes too long");
    if (bytes === "large") {
      throw new Refusal(413, "M_TOO_LARGE", `The body must be at most ${this.#maxBodySize} bytes`);
    }
    let body: unknown;
    try {
      body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch {
      throw new Refusal(400, "M_NOT_JSON", "The body must be JSON");
    }
    if (!isJsonObject(body)) throw new Refusal(400, "M_BAD_JSON", "The body must be an object");
    return body;
  }

  /** Handles a transaction. Resolves with the status of the response. */
  async #handle(id: string, txnId: string, body: JsonObject, rest: readonly unknown[]): Promise<number> {
    const before = this.#passedOn;
    let pass = () => {};
    const passed = new Promise<void>((resolve) => pass = resolve);
    this.#passedOn = before.then(() => passed);
    try {
      const key = await keyOf(id);
      this.#owner ??= crypto.randomUUID();
      const claim = await this.#store.claim(key, this.#owner, LEASE);
      if (claim.state === "busy") return 503;
      if (claim.state === "done") return 200;
      const handling = new Handling(this.#store, key, this.#owner, claim.handled, this.#log);
      // An event that was handled in this process, but not stored as such, must not be handled again.
      const transaction = handling.transaction(
        txnId,
        this.#unstored.has(key) ? { events: [] } : body,
      );
      await before;
      if (this.#options.acknowledge === "received") {
        await this.#store.complete(key, this.#owner);
        const work = this.#passOn(transaction).catch((error) =>
          this.#log.error(`Cannot handle transaction ${txnId}:`, error)
        );
        pass();
        outlast(rest, work);
        return 200;
      }
      const work = this.#passOn(transaction);
      pass();
      await handling.run(work);
      this.#unstored.add(key);
      forgetOldest(this.#unstored, MAX_UNSTORED);
      await this.#store.complete(key, this.#owner);
      this.#unstored.delete(key);
      return 200;
    } catch (error) {
      this.#log.error(`Cannot handle transaction ${txnId}:`, error);
      return 500;
    } finally {
      pass();
    }
  }

  async #passOn(transaction: AppserviceTransaction): Promise<void> {
    await this.#options.onTransaction(transaction);
  }
}

/** A transaction that this process has claimed. */
class Handling {
  readonly #store: LimitedStore;
  readonly #key: string;
  readonly #owner: string;
  readonly #handled: Set<string>;
  readonly #log: Log;
  readonly #controller = new AbortController();
  #renewed = performance.now();

  constructor(store: LimitedStore, key: string, owner: string, handled: string[], log: Log) {
    this.#store = store;
    this.#key = key;
    this.#owner = owner;
    this.#handled = new Set(handled);
    this.#log = log;
  }

  /** Returns what is passed on: the events that were not handled, and the other parts under their present names. */
  transaction(txnId: string, body: JsonObject): AppserviceTransaction {
    const get = (...names: string[]) => names.map((name) => body[name]).find((part) => part !== undefined);
    const list = (part: unknown): readonly unknown[] => Array.isArray(part) ? part : [];
    const object = <T>(part: unknown) => isJsonObject(part) ? part as T : undefined;
    const known = new Set(this.#handled);
    return {
      txnId,
      events: list(body.events).filter((event) => {
        const id = idOf(event);
        if (id === undefined) return true;
        const isNew = !known.has(id);
        known.add(id);
        return isNew;
      }),
      ephemeral: list(get("ephemeral", "de.sorunome.msc2409.ephemeral")),
      toDevice: list(get("to_device", "de.sorunome.msc2409.to_device")),
      deviceLists: deviceLists(get("device_lists", "org.matrix.msc3202.device_lists")),
      keyCounts: object(get(
        "device_one_time_keys_count",
        "org.matrix.msc3202.device_one_time_keys_count",
        "org.matrix.msc3202.device_one_time_key_counts",
      )),
      fallbackKeys: object(get(
        "device_unused_fallback_key_types",
        "org.matrix.msc3202.device_unused_fallback_key_types",
      )),
      signal: this.#controller.signal,
      markHandled: (event) => {
        const id = idOf(event);
        if (id !== undefined) this.#handled.add(id);
      },
    };
  }

  /** Waits for the work and extends the claim meanwhile. Releases the claim if the work fails. */
  async run(work: Promise<void>): Promise<void> {
    try {
      await this.#whileClaimed(work);
    } catch (error) {
      await this.#store.release(this.#key, this.#owner, this.#stored());
      throw error;
    }
  }

  async #whileClaimed(work: Promise<void>): Promise<void> {
    let hasEnded = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let renewal: Promise<void> = Promise.resolve();
    const lost = new Promise<never>((_, reject) => {
      const schedule = () => timer = setTimeout(() => renewal = renew(), SAVE_INTERVAL);
      const renew = async () => {
        const isValid = await this.#renew();
        if (hasEnded) return;
        if (isValid) return void schedule();
        const error = new Error("Cannot continue: another process may have claimed the transaction");
        this.#controller.abort(error);
        reject(error);
      };
      schedule();
    });
    try {
      await Promise.race([work, lost]);
      this.#controller.signal.throwIfAborted();
    } finally {
      // A handler that is still running must have ended before the events are delivered again.
      await work.catch(() => {});
      hasEnded = true;
      clearTimeout(timer);
      // A claim that is extended after its release would block other processes.
      await renewal;
    }
  }

  /** Returns the IDs of the handled events that fit into a store. After a crash, the others are handled again. */
  #stored(): string[] {
    let length = 0;
    return [...this.#handled].filter((id) => (length += id.length + 8) <= MAX_HANDLED);
  }

  /** Stores what was handled. Returns whether the claim is still valid. */
  async #renew(): Promise<boolean> {
    const now = performance.now();
    const end = this.#renewed + LEASE - SAVE_INTERVAL;
    try {
      if (!await this.#store.save(this.#key, this.#owner, this.#stored(), LEASE, end - now)) return false;
      this.#renewed = now;
      return true;
    } catch (error) {
      this.#log.warn("Cannot store what was handled:", error);
      return performance.now() < end;
    }
  }
}

function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Refusal(400, "M_INVALID_PARAM", "The path is not properly encoded");
  }
}

function idOf(event: unknown): string | undefined {
  return isJsonObject(event) && typeof event.event_id === "string" ? event.event_id : undefined;
}

/** Returns the IDs of events, unless one has none. */
function idsOf(events: readonly unknown[]): string[] | undefined {
  const ids = events.map(idOf).filter((id) => id !== undefined);
  return ids.length === events.length && ids.length > 0 ? ids : undefined;
}

async function keyOf(id: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(id));
  return encodeHex(new Uint8Array(hash));
}

function deviceLists(part: unknown): AppserviceDeviceLists | undefined {
  if (!isJsonObject(part)) return undefined;
  const list = (users: unknown) => (Array.isArray(users) ? users : []) as UserID[];
  const lists = { changed: list(part.changed), left: list(part.left) };
  return lists.changed.length + lists.left.length > 0 ? lists : undefined;
}

/** Passes work that may outlast the response to the runtime, if it has a function for that. */
function outlast(rest: readonly unknown[], work: Promise<unknown>): void {
  for (const one of rest) {
    const context = one as { waitUntil?: unknown } | null | undefined;
    // As a method: Workers check the receiver.
    if (typeof context?.waitUntil === "function") context.waitUntil(work);
  }
}
