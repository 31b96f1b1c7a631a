import type { HTTPAPIOptions } from "../../http/http_api.ts";
import { type Log, silentLog } from "../../http/observe.ts";
import { checkIdentifier, given } from "../../http/validate.ts";
import type { Registration } from "../../types/appservice.ts";
import type { DeviceID, RoomAlias, RoomID, UserID } from "../../types/identifiers.ts";
import { isJsonObject } from "../../types/json.ts";
import { BaseClientAPI } from "../base.ts";
import type { PingAppserviceOptions } from "../administration.ts";
import {
  checkKind,
  Delivery,
  type DeliveryOptions,
  type DeliveryOwner,
  type DeliverySettings,
  isFunction,
  notify,
  type Place,
  Registry,
  settleDelivery,
} from "../sync/deliver.ts";
import {
  type AnyHandledEvent,
  BaseContext,
  type EventHandler,
  type HandlerCall,
  type HandlerOptions,
  type SendFromHandler,
  type WaitUntilOptions,
} from "../sync/events.ts";
import type {
  AppServiceCustomEvent,
  AppServiceEvent,
  AppServiceEventType,
  AppServiceOrigin,
  AppServiceRoomOf,
  DefaultAppServiceOrigin,
} from "./events.ts";
import {
  type AppserviceDeviceLists,
  type AppserviceFallbackKeys,
  type AppserviceHandler,
  appserviceHandler,
  type AppserviceKeyCounts,
  type AppserviceRequestOptions,
  type AppserviceTransaction,
  checkRequestOptions,
} from "./handler.ts";
import { endsService, IntentAPI, MARK } from "./intent.ts";
import { remember } from "./newest.ts";
import { checkRegistration, startMatches } from "./registration.ts";
import { RoomQueue } from "./room_queue.ts";

/** Options of {@linkcode AppService}: those of the transport, of delivery and of the service. */
export interface AppServiceOptions
  extends
    Omit<HTTPAPIOptions, "token" | "auth" | "onRefusal" | "asUserId" | "asDeviceId" | "deadline">,
    AppserviceRequestOptions,
    Omit<DeliveryOptions<AppServiceOrigin, AppServiceContext<AppServiceOrigin>>, "own" | "from"> {
  /** Name of the homeserver, as in its user IDs. */
  serverName: string;
  /** The registration, see {@linkcode createRegistration}. */
  registration: Registration;
  /**
   * ID of a device that each user of the service gets and acts as. Homeservers remember the transaction IDs of a device
   * over their restarts. Synapse requires `"io.element.msc4190": true` in the registration.
   */
  deviceId?: DeviceID | undefined;
  /**
   * Whether to deliver events of the service's own users.
   *
   * @default {false}
   */
  own?: boolean | undefined;
  /** Returns whether a user of the namespace exists. If so, it is registered. By default, none exists. */
  onUser?: ((userId: UserID) => boolean | PromiseLike<boolean>) | undefined;
  /** Returns whether a room alias of the namespace exists; creates the room first. By default, none exists. */
  onAlias?: ((roomAlias: RoomAlias) => boolean | PromiseLike<boolean>) | undefined;
  /** Called with changes of device lists. */
  onDeviceLists?: ((lists: AppserviceDeviceLists) => unknown) | undefined;
  /** Called with the numbers of one-time keys, and the fallback keys that were not used. */
  onKeyCounts?:
    | ((counts: AppserviceKeyCounts, unusedFallbackKeys: AppserviceFallbackKeys) => unknown)
    | undefined;
  /**
   * The time limit of one attempt of a request of the service's users, in milliseconds. `deadline` is that of a
   * transaction.
   *
   * @default {60000}
   */
  requestDeadline?: number | undefined;
  /**
   * The log.
   *
   * @default {the console, for warnings and errors only}
   */
  log?: Log | undefined;
}

/** Options of {@linkcode AppService.puppet}. */
export interface PuppetOptions {
  /** The user's own access token. Without one, the service acts as the user, whom its namespace must include. */
  token?: string | undefined;
  /**
   * The user's homeserver, with `token`.
   *
   * @default {the service's homeserver}
   */
  baseUrl?: string | URL | undefined;
  /**
   * Marks events that the service sends as the user, so that they are not delivered to it.
   *
   * @default {the ID of the registration}
   */
  mark?: string | undefined;
}

/** Options of {@linkcode AppService.on}. */
export type AppServiceHandlerOptions<O extends AppServiceOrigin = AppServiceOrigin> = HandlerOptions<O>;

/** Second argument of a handler of an application service. */
export interface AppServiceContext<O extends AppServiceOrigin = "event", T extends string = string> {
  /** The service. */
  readonly service: AppService;
  /** The service's own user. `send()` and `reply()` send as this user. */
  readonly bot: IntentAPI;
  /** The room of the event; `undefined` for to-device messages and presence. */
  readonly roomId: AppServiceRoomOf<O, T>;
  /** The part of the transaction that the event came in. */
  readonly from: O;
  /** The ID of the homeserver's transaction. */
  readonly txnId: string;
  /** Aborted when the handler exceeds its deadline, and when another process has claimed the transaction. */
  readonly signal: AbortSignal;
  /**
   * Sends a message to the event's room, with a transaction ID that is derived from the event. `undefined` for events
   * without an ID.
   */
  readonly send: O extends "event" ? SendFromHandler : undefined;
  /** Sends a rich reply to the event. Otherwise works as `send()`. */
  readonly reply: O extends "event" ? SendFromHandler : undefined;
  /**
   * Detaches work from the handler: the next event does not wait for it. The transaction is not acknowledged before the
   * work has ended.
   *
   * @param work The work. If it rejects, `onHandlerError` is called.
   * @param options The time limit.
   */
  readonly waitUntil: (work: PromiseLike<unknown>, options?: WaitUntilOptions) => void;
}

const ORIGINS: readonly AppServiceOrigin[] = ["event", "ephemeral", "toDevice"];

/** The number of users whose clients are kept. */
const MAX_INTENTS = 10_000;

/** Retries of a handler that throws. */
const RETRIES = 3;

/** Logs warnings and errors to the console. */
const consoleLog: Log = {
  ...silentLog,
  warn: (...data) => console.warn(...data),
  error: (...data) => console.error(...data),
};

/**
 * An application service: receives the events that a homeserver pushes, delivers them to handlers, and acts as the users
 * of its namespace. {@linkcode AppService.fetch} is a web-standard handler of requests, so an instance can be the default
 * export of a module on Deno Deploy, `deno serve`, Bun and Workers.
 *
 * Events of a room are delivered one after another, in order. A transaction is acknowledged when all of its events were
 * handled, so an event is delivered at least once; after a crash, the homeserver sends it again.
 *
 * @example A bot
 * ```ts
 * import { AppService, createRegistration } from "@mtx/client/appservice";
 * import { assertEquals } from "@std/assert";
 *
 * const registration = createRegistration({
 *   id: "echo",
 *   url: "https://echo.example.org",
 *   senderLocalpart: "echo",
 * });
 * const service = new AppService({
 *   baseUrl: "https://matrix.example.org",
 *   serverName: "example.org",
 *   registration,
 * });
 * service.on("m.room.message", async (event, { reply }) => {
 *   if (event.content.msgtype === "m.text") await reply(event.content.body);
 * });
 * // Deno.serve(service.fetch);
 * assertEquals(service.bot.mxid, "@echo:example.org");
 * ```
 *
 * @see https://spec.matrix.org/v1.19/application-service-api/
 */
export class AppService {
  /** The client of the service's own user. */
  readonly bot: IntentAPI;
  /**
   * Responds to a request of the homeserver. It is bound, so that it can be passed to `Deno.serve()`.
   *
   * @param request The request.
   * @param rest Further arguments of the runtime. If one has a `waitUntil()`, as on Workers, handling that outlasts the
   * response is passed to it.
   */
  readonly fetch: (request: Request, ...rest: unknown[]) => Promise<Response>;
  // Bun 1.4 serves a default export that has a property `serverName` with TLS.
  readonly #serverName: string;
  readonly #options: AppServiceOptions;
  readonly #registration: Registration;
  readonly #transport: HTTPAPIOptions;
  readonly #log: Log;
  readonly #settings: DeliverySettings<AppServiceContext<AppServiceOrigin>>;
  readonly #registry = new Registry(ORIGINS);
  readonly #queue: RoomQueue;
  readonly #handler: AppserviceHandler;
  readonly #ownUsers: readonly RegExp[];
  readonly #intents = new Map<UserID, IntentAPI>();
  readonly #puppets = new Map<
    UserID,
    { readonly client: IntentAPI; readonly mark: string; readonly key: string }
  >();
  #hasWarned = false;

  /**
   * Creates a service. Sends nothing.
   *
   * @param options The homeserver, the registration, and further options.
   * @throws {TypeError} If the registration or another option is invalid. The message contains no token.
   * @throws {SyntaxError} If a regular expression of the registration is malformed.
   * @throws {RangeError} If a number is out of range.
   */
  constructor(options: AppServiceOptions) {
    options = given(options) as AppServiceOptions;
    const { baseUrl, serverName, registration, deviceId, onUser, onAlias, onDeviceLists, onKeyCounts } =
      options;
    checkRegistration(registration);
    checkRequestOptions(options);
    checkKind("serverName", typeof serverName === "string" && serverName !== "", "a server name", serverName);
    for (const [name, value] of Object.entries({ onUser, onAlias, onDeviceLists, onKeyCounts })) {
      checkKind(name, isFunction(value ?? undefined), "a function", value);
    }
    this.#serverName = serverName;
    this.#options = options;
    this.#registration = registration;
    this.#log = options.log ?? consoleLog;
    this.#settings = settleDelivery<AppServiceOrigin, AppServiceContext<AppServiceOrigin>>(
      { ...options, retries: options.retries ?? RETRIES, from: undefined },
      ORIGINS,
      ORIGINS,
    );
    const { fetch, retry, requestDeadline, hooks, userAgent, txnId, maxResponseSize, log } = options;
    const transport = {
      fetch,
      retry,
      deadline: requestDeadline,
      hooks,
      userAgent,
      txnId,
      maxResponseSize,
      log,
    };
    this.#transport = { ...transport, baseUrl };
    this.#queue = new RoomQueue(this.#settings.concurrency);
    this.#ownUsers = ownUsers(registration);
    const mxid = `@${registration.sender_localpart}:${serverName}` as UserID;
    this.bot = new IntentAPI({ ...this.#transport, token: registration.as_token, mxid, deviceId });
    this.#handler = appserviceHandler({
      store: options.store,
      acknowledge: options.acknowledge,
      deadline: options.deadline,
      maxBodySize: options.maxBodySize,
      thirdParty: options.thirdParty,
      log: this.#log,
      hsToken: registration.hs_token,
      basePath: registration.url === null ? "" : new URL(registration.url).pathname,
      onTransaction: (transaction) => this.#deliver(transaction),
      onUser: (userId) => this.#hasUser(userId),
      onAlias: async (alias) => await onAlias?.(alias) === true,
    });
    this.fetch = (request, ...rest) => this.#handler(request, ...rest);
  }

  /**
   * Returns the client of a user of the service's namespace. The user is registered, joins rooms and is invited when a
   * request requires it.
   *
   * @param userId The user.
   * @returns The client. It is the same object while the user is among the last 10,000.
   * @throws {TypeError} If the user is not in the service's namespace.
   * @throws {SyntaxError} If the user ID is malformed.
   */
  intent(userId: UserID): IntentAPI {
    checkIdentifier("user ID", userId);
    if (userId === this.bot.mxid) return this.bot;
    let intent = this.#intents.get(userId);
    if (intent === undefined) {
      if (!this.#mayActAs(userId)) {
        throw new TypeError(`Cannot act as ${userId}: the user is not in the service's namespace`);
      }
      const { deviceId } = this.#options;
      const token = this.#registration.as_token;
      intent = new IntentAPI({ ...this.#transport, token, mxid: userId, bot: this.bot, deviceId });
    }
    remember(this.#intents, userId, intent, MAX_INTENTS);
    return intent;
  }

  /**
   * Returns a client that acts as a person with an account of their own. The person is neither registered nor invited.
   * Events that it sends are marked, and are not delivered to the service's handlers. Create the clients of all such
   * persons when the program starts, because marks of other users are ignored.
   *
   * @param userId The user.
   * @param options The user's own access token, and the mark.
   * @returns The client; the same object for the same options.
   * @throws {TypeError} If there is no token and the service's namespace does not include the user.
   * @throws {SyntaxError} If the user ID is malformed.
   */
  puppet(userId: UserID, options?: PuppetOptions): IntentAPI {
    const { token, baseUrl, mark = this.#registration.id } = given(options);
    checkIdentifier("user ID", userId);
    BaseClientAPI.parseUserId(userId);
    if (!token && !this.#mayActAs(userId)) {
      throw new TypeError(
        `Cannot act as ${userId}: pass a token, or include the user in the service's namespace`,
      );
    }
    // The service's token must not reach another server.
    if (!token && baseUrl) throw new TypeError("Cannot act as the user: baseUrl needs the user's own token");
    const key = JSON.stringify([token, baseUrl === undefined ? undefined : String(baseUrl), mark]);
    const known = this.#puppets.get(userId);
    if (known?.key === key) return known.client;
    const client = new IntentAPI({
      ...this.#transport,
      baseUrl: baseUrl ?? this.#transport.baseUrl,
      token: token || this.#registration.as_token,
      masquerade: !token,
      isPuppet: true,
      mxid: userId,
      mark,
    });
    this.#puppets.set(userId, { client, mark, key });
    return client;
  }

  /**
   * Registers a handler for an event type.
   *
   * Handlers are called in the order of their registration, for one event of a room after another. Events of the
   * service's own users are not delivered without `own`.
   *
   * @param type The event type, or `*` for events of all types.
   * @param handler The handler. The next event of the room is delivered after it has ended.
   * @param options Which events to deliver, and what happens if the handler fails.
   * @returns A function that removes the handler.
   * @throws {RangeError} If a number is out of range.
   * @throws {TypeError} If another argument is invalid.
   */
  on<
    T extends AppServiceEventType | "*" | (string & Record<never, never>),
    O extends AppServiceOrigin = DefaultAppServiceOrigin<T>,
  >(
    type: T,
    handler: EventHandler<AppServiceEvent<T, O>, AppServiceContext<O, T>>,
    options?: AppServiceHandlerOptions<O>,
  ): () => void;
  /**
   * Registers a handler for a custom event type, whose content is the first type parameter.
   *
   * @param type The event type.
   * @param handler The handler. The next event of the room is delivered after it has ended.
   * @param options Which events to deliver, and what happens if the handler fails.
   * @returns A function that removes the handler.
   * @throws {RangeError} If a number is out of range.
   * @throws {TypeError} If another argument is invalid.
   */
  on<C extends object, O extends AppServiceOrigin = "event">(
    type: string,
    handler: EventHandler<AppServiceCustomEvent<C, O>, AppServiceContext<O>>,
    options?: AppServiceHandlerOptions,
  ): () => void;
  on(
    type: string,
    handler: (event: never, context: never) => unknown,
    options?: AppServiceHandlerOptions,
  ): () => void {
    return this.#registry.add(type, handler, options);
  }

  /**
   * Makes the homeserver ping the service. A homeserver that has stopped sending transactions resumes then.
   *
   * @see https://spec.matrix.org/v1.19/application-service-api/#post_matrixclientv1appserviceappserviceidping
   * @param options The transaction ID, and request options.
   * @returns How long the homeserver waited for the service, in milliseconds.
   * @throws {MURLNotSet} If the registration has no URL.
   * @throws {MBadStatus} If the service responded with another status than 200.
   * @throws {MConnectionFailed} If the homeserver cannot reach the service.
   * @throws {MConnectionTimeout} If the service did not respond in time.
   */
  async ping(options?: PingAppserviceOptions): Promise<number> {
    return await this.bot.pingAppservice(this.#registration.id, options);
  }

  /**
   * Makes the response to the next transaction a 503. Synapse keeps transactions that it did not send before it was
   * killed, and sends them after the next failure. Call it after a restart of the homeserver.
   */
  requestRetry(): void {
    this.#handler.requestRetry();
  }

  async #hasUser(userId: UserID): Promise<boolean> {
    const { onUser } = this.#options;
    if (onUser === undefined || onUser === null || !this.#mayActAs(userId)) return false;
    if (await onUser(userId) !== true) return false;
    await this.intent(userId).ensureRegistered();
    return true;
  }

  #mayActAs(userId: UserID): boolean {
    return BaseClientAPI.parseUserId(userId)[1] === this.#serverName &&
      (this.#registration.namespaces.users ?? []).some(({ regex }) => startMatches(regex, userId));
  }

  /** Delivers a transaction. Events take their places in the queues of their rooms at once. */
  async #deliver(transaction: AppserviceTransaction): Promise<void> {
    const controller = new AbortController();
    const abort = () => controller.abort(transaction.signal.reason);
    transaction.signal.addEventListener("abort", abort);
    const delivery = new Delivery(this.#owner(transaction.txnId, controller), this.#registry);
    const outside = this.#deliverOutside(delivery, transaction);
    /** Events that were handled while detached work was running, which may be theirs. */
    const unsettled: unknown[] = [];
    const rooms = groupByRoom(transaction.events);
    const work = [...rooms].map(([roomId, events]) =>
      this.#queue.add(roomId ?? "", async () => {
        await outside;
        for (const event of events) {
          await delivery.events([event], { from: "event", roomId });
          if (delivery.hasWork) unsettled.push(event);
          else transaction.markHandled(event);
        }
      }).catch((error) => {
        controller.abort(error);
        throw error;
      })
    );
    const results = await Promise.allSettled([outside, ...work]);
    const isSettled = await delivery.settled();
    transaction.signal.removeEventListener("abort", abort);
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    if (!isSettled) throw controller.signal.reason;
    unsettled.forEach((event) => transaction.markHandled(event));
  }

  /**
   * Delivers what is not part of a room's timeline, which the homeserver does not send again. Failures are reported, and
   * never fail the transaction.
   */
  async #deliverOutside(
    delivery: Delivery<Place, AppServiceContext<AppServiceOrigin>>,
    transaction: AppserviceTransaction,
  ): Promise<void> {
    const { toDevice, deviceLists, keyCounts, fallbackKeys, ephemeral } = transaction;
    const { onDeviceLists, onKeyCounts } = this.#options;
    const { handlerDeadline } = this.#settings;
    const log = this.#log;
    const report = (error: unknown) => log.error("Cannot deliver events:", error);
    await delivery.events(toDevice, { from: "toDevice", roomId: undefined }).catch(report);
    if (deviceLists !== undefined && onDeviceLists) {
      await notify(log, "onDeviceLists", () => onDeviceLists(deviceLists), handlerDeadline);
    }
    if ((keyCounts ?? fallbackKeys) !== undefined && onKeyCounts) {
      await notify(
        log,
        "onKeyCounts",
        () => onKeyCounts(keyCounts ?? {}, fallbackKeys ?? {}),
        handlerDeadline,
      );
    }
    for (const event of ephemeral) {
      await delivery.events([event], { from: "ephemeral", roomId: roomOf(event) }).catch(report);
    }
  }

  #owner(
    txnId: string,
    controller: AbortController,
  ): DeliveryOwner<Place, AppServiceContext<AppServiceOrigin>> {
    return {
      log: this.#log,
      settings: this.#settings,
      signal: controller.signal,
      isOwn: ({ sender, content }, { from }) => from !== "toDevice" && this.#isOwn(sender, content),
      context: (event, place, call) =>
        new Context(this, txnId, event, place, call) as AppServiceContext<AppServiceOrigin>,
      fail: (error) => controller.abort(error),
      // One double puppet that has signed out must not stop the service.
      isFinal: endsService,
      onEncrypted: (event) => {
        if (this.#hasWarned) return;
        this.#hasWarned = true;
        this.#log.warn(
          `Cannot read encrypted messages, for example ${event.event_id} in ${event.room_id}: no handler takes ` +
            "m.room.encrypted",
        );
      },
    };
  }

  #isOwn(sender: unknown, content: object): boolean {
    if (typeof sender !== "string") return false;
    if (sender === this.bot.mxid) return true;
    const puppet = this.#puppets.get(sender as UserID);
    if (puppet !== undefined) return (content as Record<string, unknown>)[MARK] === puppet.mark;
    return this.#ownUsers.some((pattern) => pattern.test(sender));
  }
}

/** Second argument of the handlers of a service. */
class Context extends BaseContext {
  readonly service: AppService;
  readonly txnId: string;
  readonly from: string;

  constructor(
    service: AppService,
    txnId: string,
    event: AnyHandledEvent,
    { from, roomId }: Place,
    call: HandlerCall,
  ) {
    super(event, roomId, call, service.bot);
    this.service = service;
    this.txnId = txnId;
    this.from = from;
  }

  get bot(): IntentAPI {
    return this.service.bot;
  }
}

function roomOf(event: unknown): RoomID | undefined {
  const roomId = isJsonObject(event) ? event.room_id : undefined;
  return typeof roomId === "string" && roomId !== "" ? roomId as RoomID : undefined;
}

function groupByRoom(events: readonly unknown[]): Map<RoomID | undefined, unknown[]> {
  const rooms = new Map<RoomID | undefined, unknown[]>();
  for (const event of events) {
    const roomId = roomOf(event);
    const list = rooms.get(roomId);
    if (list === undefined) rooms.set(roomId, [event]);
    else list.push(event);
  }
  return rooms;
}

/**
 * Returns expressions of the users that exist for the service only. A namespace that other users share, such as
 * `@.*` for double puppets, does not make their events the service's own.
 */
function ownUsers({ namespaces }: Registration): RegExp[] {
  const users = namespaces.users ?? [];
  const exclusive = users.filter((one) => one.exclusive);
  const anybody = "@anybody:example.org";
  const own = exclusive.length > 0 ? exclusive : users.filter(({ regex }) => !startMatches(regex, anybody));
  return own.map(({ regex }) => new RegExp(`^(?:${regex})`));
}
