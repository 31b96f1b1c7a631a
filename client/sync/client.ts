import { CryptoError, EncryptionError } from "../../http/errors/base.ts";
import { type Log, silentLog } from "../../http/observe.ts";
import type { RequestOptions } from "../../http/options.ts";
import { given } from "../../http/validate.ts";
import type { MessageContentMap, MessageEventType, RoomEvent } from "../../types/events/mod.ts";
import type { EventID, FilterID, RoomID, SyncToken } from "../../types/identifiers.ts";
import type {
  EventContext,
  PaginatedMessages,
  PaginationDirection,
  RelationsResponse,
  ThreadsResponse,
} from "../../types/responses.ts";
import type { SyncResponse } from "../../types/sync.ts";
import type { AttachmentDecryptor, AttachmentEncryptor } from "../media.ts";
import { ClientAPI } from "../client_api.ts";
import type {
  GetEventContextOptions,
  GetMessagesOptions,
  GetRelationsOptions,
  GetThreadsOptions,
} from "../events.ts";
import type { SendOptions } from "../sending.ts";
import { type BatchPlace, complete, eventsOf, type Piece, splitRooms } from "./batch.ts";
import { checkKind, Delivery, type DeliveryOwner, Registry } from "./deliver.ts";
import type { ClientCrypto, DecryptOptions, LateEvent } from "./encryption.ts";
import {
  type AnyHandledEvent,
  BaseContext,
  type CustomEvent,
  type DefaultOrigin,
  type EventEncryption,
  type EventHandler,
  type EventOrigin,
  type HandledEvent,
  type HandledEventType,
  type HandlerCall,
  type HandlerContext,
  type HandlerOptions,
} from "./events.ts";
import { commit, ownUserId, poll } from "./poll.ts";
import {
  type ClientOptions,
  mergeOptions,
  ORIGINS,
  type RunOptions,
  Session,
  settle,
  type SyncState,
} from "./session.ts";
import { MemorySyncStore, type SyncStore } from "../stores.ts";

/** Logs warnings and errors to the console. */
const consoleLog: Log = {
  ...silentLog,
  warn: (...data) => console.warn(...data),
  error: (...data) => console.error(...data),
};

/** The time limit of the step between a poll and the delivery of its events, in milliseconds. */
const LONGEST_STEP = 120_000;

/**
 * A {@linkcode ClientAPI} that syncs. Delivers every event to your handlers at least once, in order within each room.
 *
 * A batch is committed (its sync token is stored) after all of its handlers have ended, so events can be delivered again
 * after a crash. Messages that a handler sends with `send()` and `reply()` of its context have transaction IDs derived
 * from the event, so they are not sent twice.
 *
 * Warnings and errors are logged to the console, unless you pass a `log`.
 *
 * @example A bot that repeats messages
 * ```ts
 * import { Client, isEdit, isRedacted } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const client = new Client({ baseUrl: "https://matrix.example.org", token: "secret" });
 * const repeated: string[] = [];
 * client.on("m.room.message", async (event, { reply }) => {
 *   if (isRedacted(event) || isEdit(event) || event.content.msgtype !== "m.text") return;
 *   await reply(event.content.body);
 *   repeated.push(event.content.body);
 *   client.stop();
 * });
 * await client.run();
 * assertEquals(repeated, ["Hello"]);
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#syncing
 */
export class Client extends ClientAPI {
  /** The encryption, if the option was given. */
  readonly crypto: ClientCrypto | undefined;
  readonly #options: RunOptions;
  readonly #registry = new Registry(ORIGINS);
  readonly #memory = new MemorySyncStore();
  readonly #filters = new Map<string, FilterID>();
  #log: Log;
  #state: SyncState = { state: "stopped", since: undefined, failures: 0 };
  /** Whether anything was committed, after which the constructor's `since` is out of date. */
  #hasCommitted = false;
  #running: { readonly session: Session; readonly ended: Promise<void> } | undefined;

  /**
   * Creates a client. Sends nothing.
   *
   * @param options A transport or the options of one, the user, and defaults for syncs.
   * @throws {RangeError} If a number is out of range.
   * @throws {SyntaxError} If `mxid` is not a user ID.
   * @throws {TypeError} If another option is invalid, or `crypto` belongs to another user, device or client.
   */
  constructor(options: ClientOptions) {
    super(options);
    this.#log = options.log ?? consoleLog;
    this.#options = mergeOptions({}, options);
    settle(this.#options);
    const crypto = options.crypto ?? undefined;
    const fits = crypto === undefined || typeof crypto.connect === "function";
    checkKind("crypto", fits, "what openOlm() resolves to", crypto);
    this.crypto = crypto;
    crypto?.connect(this, options);
  }

  /** The log: the transport's, unless that is silent; then the one that was given, or the console. Assigning sets both. */
  override get log(): Log {
    return this.api.log === silentLog ? this.#log : this.api.log;
  }

  override set log(value: Log) {
    this.api.log = this.#log = value;
  }

  /** The state of the sync that was reported last. */
  get syncState(): SyncState {
    return this.#state;
  }

  /**
   * Registers a handler for an event type.
   *
   * Handlers are called in the order of their registration, for one event of a room after another. They get events of
   * the type of all origins but `state`, unless `from` names origins: changes of state come with the timeline, too.
   *
   * @example Events of one origin
   * ```ts
   * import { Client } from "@mtx/client";
   * import { assert } from "@std/assert";
   *
   * const client = new Client({ baseUrl: "https://matrix.example.org", token: "secret" });
   * let sender = "";
   * client.on("m.room.message", (event) => void (sender = event.sender), { from: "timeline" });
   * await client.runOnce({ catchUp: "all" });
   * assert(sender.startsWith("@"));
   * ```
   *
   * @param type The event type, or `*` for events of all types.
   * @param handler The handler. The next event of the room is delivered after it has ended.
   * @param options Which events to deliver, and what happens if the handler fails.
   * @returns A function that removes the handler.
   * @throws {RangeError} If a number is out of range.
   * @throws {TypeError} If another argument is invalid.
   */
  on<
    T extends HandledEventType | "*" | (string & Record<never, never>),
    O extends EventOrigin = DefaultOrigin<T>,
  >(
    type: T,
    handler: EventHandler<HandledEvent<T, O>, HandlerContext<O, T>>,
    options?: HandlerOptions<O>,
  ): () => void;
  /**
   * Registers a handler for a custom event type, whose content is the first type parameter. The second one is the
   * origin, for events that are not from a timeline: `on<Ping, "toDevice">("com.example.ping", …, { from: "toDevice" })`.
   *
   * @param type The event type.
   * @param handler The handler. The next event of the room is delivered after it has ended.
   * @param options Which events to deliver, and what happens if the handler fails.
   * @returns A function that removes the handler.
   * @throws {RangeError} If a number is out of range.
   * @throws {TypeError} If another argument is invalid.
   */
  on<C extends object, O extends EventOrigin = "timeline" | "leave">(
    type: string,
    handler: EventHandler<CustomEvent<C, O>, HandlerContext<O>>,
    options?: HandlerOptions,
  ): () => void;
  on(type: string, handler: (event: never, context: never) => unknown, options?: HandlerOptions): () => void {
    return this.#registry.add(type, handler, options);
  }

  /**
   * Yields one sync response after another, unchanged from the server.
   *
   * A response is committed when the next one is requested. If the loop is left, it comes again.
   *
   * @example Until there is a room
   * ```ts
   * import { Client } from "@mtx/client";
   * import { assert } from "@std/assert";
   *
   * const client = new Client({ baseUrl: "https://matrix.example.org", token: "secret" });
   * let rooms: string[] = [];
   * for await (const { rooms: { join = {} } = {} } of client.syncs()) {
   *   rooms = Object.keys(join);
   *   if (rooms.length > 0) break;
   * }
   * assert(rooms.includes("!room:example.org"));
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
   * @param options Options of the sync.
   * @returns The responses. The iteration rejects with what ends a sync (see {@linkcode Client.prototype.run | run()}),
   * and with the signal's reason.
   */
  async *syncs(options?: RunOptions): AsyncGenerator<SyncResponse, void, undefined> {
    const session = this.#open(options);
    let failure: { error: unknown } | undefined;
    try {
      for await (const batch of poll(session)) {
        await this.#receive(session, batch);
        yield batch;
        await commit(session, batch);
      }
    } catch (error) {
      if (!session.wasStopped(error)) failure = { error };
      throw error;
    } finally {
      session.end(failure);
    }
  }

  /**
   * Syncs and delivers events to the handlers until the signal is aborted.
   *
   * Retries indefinitely after connection errors, timeouts, rate limits and faults of the homeserver, and reports them
   * to `onState`.
   *
   * @param options Options of the sync.
   * @returns When the signal was aborted or `stop()` was called, and all handlers and their detached work have ended.
   * @throws {MUnknownToken} If the access token is not valid, or no longer.
   * @throws {MMissingToken} If there is no access token.
   * @throws {MUserDeactivated} If the account is deactivated.
   * @throws {MatrixConnectionError} If the program has no permission to use the network.
   * @throws {MatrixRequestError} If the homeserver rejects a poll for the third time in a row, for example because of the
   * filter or the stored sync token.
   * @throws {RangeError} If a number is out of range.
   * @throws {TypeError} If another option is invalid, or the client is running already.
   * @throws The error of the store.
   */
  async run(options?: RunOptions): Promise<void> {
    this.#refuseSecond();
    await this.#run(this.#open(options));
  }

  /**
   * Requests one sync response without waiting for new events, delivers its events, and commits it: for programs that
   * are called now and then. Failed requests are retried as often as the client's `retry` allows.
   *
   * @example One batch a call
   * ```ts
   * import { Client, MemorySyncStore } from "@mtx/client";
   * import { assertEquals } from "@std/assert";
   *
   * const store = new MemorySyncStore();
   * const client = new Client({ baseUrl: "https://matrix.example.org", token: "secret", store });
   * client.on("m.room.topic", (event) => console.log(event.content.topic));
   * assertEquals(await client.runOnce(), 0); // the initial sync delivers no messages
   * assertEquals(await client.runOnce(), 0);
   * assertEquals(await store.get() !== undefined, true);
   * ```
   *
   * @param options Options of the sync. `timeout` is 0 unless it is given here.
   * @returns The number of events that at least one handler has handled without an error.
   * @throws What {@linkcode Client.prototype.run | run()} throws, the error of the last attempt, or the signal's reason.
   */
  async runOnce(options?: RunOptions): Promise<number> {
    this.#refuseSecond();
    const session = this.#open({ ...given(options), timeout: options?.timeout ?? 0 }, this.api.retryLimit);
    let handled = 0;
    await this.#work(session, async () => {
      for await (const batch of poll(session)) {
        const { delivery, settled } = await this.#deliver(session, batch);
        await commit(session, batch, settled);
        handled = delivery.handled;
        return;
      }
    });
    return handled;
  }

  /**
   * Starts to {@linkcode Client.prototype.run | run()} and returns at once. An error that ends the sync is logged, and
   * reported to `onState`.
   *
   * @param options Options of the sync.
   * @throws {RangeError} If a number is out of range.
   * @throws {TypeError} If another option is invalid, or the client is running already.
   */
  start(options?: RunOptions): void {
    this.#refuseSecond();
    this.#run(this.#open(options)).catch((error) => this.log.error("The sync has ended:", error));
  }

  /**
   * Stops what `run()`, `start()` or `runOnce()` started. Events that are not handled are delivered at the next start.
   *
   * A handler may call it, but must not wait for it.
   *
   * @returns When all handlers and their detached work have ended; at once if nothing is running.
   */
  async stop(): Promise<void> {
    if (this.#running === undefined) return;
    const { session, ended } = this.#running;
    session.stop(new DOMException("The client was stopped", "AbortError"));
    await ended;
  }

  /**
   * Sends a room event that is not a state event, encrypted if the room is. Reactions are never encrypted.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
   * @param roomId The room.
   * @param eventType The event's type.
   * @param content The event's content.
   * @param options The transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If the room ID or the event type is missing.
   * @throws {MForbidden} If the user may not send the event.
   * @throws {EncryptionError} If the room is encrypted in a way that is not supported.
   * @throws {CryptoError} If the crypto engine or its store fails.
   */
  override sendMessageEvent<T extends MessageEventType>(
    roomId: RoomID,
    eventType: T,
    content: MessageContentMap[T],
    options?: SendOptions,
  ): Promise<EventID>;
  /**
   * Sends a room event of any type that is not a state event, encrypted if the room is. Reactions are never encrypted.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
   * @param roomId The room.
   * @param eventType The event's type.
   * @param content The event's content.
   * @param options The transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If the room ID or the event type is missing.
   * @throws {MForbidden} If the user may not send the event.
   * @throws {EncryptionError} If the room is encrypted in a way that is not supported.
   * @throws {CryptoError} If the crypto engine or its store fails.
   */
  override sendMessageEvent(
    roomId: RoomID,
    eventType: string,
    content: object,
    options?: SendOptions,
  ): Promise<EventID>;
  override sendMessageEvent(
    roomId: RoomID,
    eventType: string,
    content: object,
    options?: SendOptions,
  ): Promise<EventID> {
    return this.crypto === undefined
      ? super.sendMessageEvent(roomId, eventType, content, options)
      : this.#sendEncrypted(this.crypto, roomId, { type: eventType, content }, options);
  }

  async #sendEncrypted(
    crypto: NonNullable<Client["crypto"]>,
    roomId: RoomID,
    given: { type: string; content: object },
    options: SendOptions | undefined,
  ): Promise<EventID> {
    const { type, content } = await this.#failing(crypto.encrypt(roomId, given, options ?? undefined));
    return await super.sendMessageEvent(roomId, type, content, options);
  }

  /** Returns what encrypts the files that are sent to a room; `undefined` for a room that is not encrypted. */
  protected override async attachmentEncryptor(
    roomId: RoomID,
    options?: RequestOptions,
  ): Promise<AttachmentEncryptor | undefined> {
    if (this.crypto === undefined || !await this.crypto.isEncrypted(roomId, given(options))) return undefined;
    return this.crypto.encryptAttachment;
  }

  /** Returns what decrypts encrypted files; `undefined` without the option `crypto`. */
  protected override attachmentDecryptor(): AttachmentDecryptor | undefined {
    return this.crypto?.decryptAttachment;
  }

  /** Gets an event, decrypted if possible. Otherwise as {@linkcode MessageMethods.prototype.getEvent}. */
  override async getEvent(roomId: RoomID, eventId: EventID, options?: RequestOptions): Promise<RoomEvent> {
    const [event] = await this.#decrypt(roomId, [await super.getEvent(roomId, eventId, options)]);
    return event!;
  }

  /**
   * Gets an event, and the events before and after it, decrypted if possible. Otherwise as
   * {@linkcode MessageMethods.prototype.getEventContext}.
   */
  override async getEventContext(
    roomId: RoomID,
    eventId: EventID,
    options?: GetEventContextOptions,
  ): Promise<EventContext> {
    const context = await super.getEventContext(roomId, eventId, options);
    if (this.crypto === undefined) return context;
    const { event, events_before, events_after } = context;
    const [decrypted] = await this.#decrypt(roomId, [event]);
    return {
      ...context,
      ...event && { event: decrypted },
      ...events_before && { events_before: await this.#decrypt(roomId, events_before) },
      ...events_after && { events_after: await this.#decrypt(roomId, events_after) },
    };
  }

  /**
   * Gets a page of a room's history, with its events decrypted if possible. Otherwise as
   * {@linkcode MessageMethods.prototype.getMessages}.
   */
  override async getMessages(
    roomId: RoomID,
    direction: PaginationDirection,
    options?: GetMessagesOptions,
  ): Promise<PaginatedMessages> {
    return await this.#decryptPage(roomId, await super.getMessages(roomId, direction, options));
  }

  /**
   * Gets a page of the events that are related to an event, decrypted if possible. Otherwise as
   * {@linkcode RelationMethods.prototype.getRelations}.
   */
  override async getRelations(
    roomId: RoomID,
    eventId: EventID,
    options?: GetRelationsOptions,
  ): Promise<RelationsResponse> {
    return await this.#decryptPage(roomId, await super.getRelations(roomId, eventId, options));
  }

  /**
   * Gets a page of the threads in a room, with their first events decrypted if possible. Otherwise as
   * {@linkcode RelationMethods.prototype.getThreads}.
   */
  override async getThreads(roomId: RoomID, options?: GetThreadsOptions): Promise<ThreadsResponse> {
    return await this.#decryptPage(roomId, await super.getThreads(roomId, options));
  }

  async #decryptPage<P extends { chunk: unknown[] }>(roomId: RoomID, page: P): Promise<P> {
    if (this.crypto === undefined) return page;
    return { ...page, chunk: await this.#decrypt(roomId, page.chunk) };
  }

  async #run(session: Session): Promise<void> {
    try {
      await this.#work(session, async () => {
        for await (const batch of poll(session)) {
          const { delivery, settled } = await this.#deliver(session, batch);
          const committed = commit(session, batch, settled);
          // While work is detached, polls continue and tokens wait.
          if (delivery.hasWork || session.backlog > 1) committed.catch((error) => session.fail(error));
          else await committed;
        }
      });
    } catch (error) {
      if (!session.wasStopped(error)) throw error;
    }
  }

  /** Passes a batch to the encryption. Returns the messages to the device, decrypted where possible. */
  async #receive(session: Session, batch: SyncResponse): Promise<readonly unknown[]> {
    if (this.crypto === undefined) return eventsOf(batch.to_device);
    session.expect(LONGEST_STEP);
    return await this.crypto.receive(batch, { since: session.position, signal: session.signal });
  }

  /** Delivers the events of a batch. Returns the delivery, and what to wait for before the batch is committed. */
  async #deliver(
    session: Session,
    batch: SyncResponse,
  ): Promise<{ delivery: Delivery<BatchPlace>; settled: () => Promise<boolean> }> {
    const { settings, position: since } = session;
    const { rooms, account_data, presence } = batch;
    const delivery = new Delivery(this.#owner(session), this.#registry);
    const takes = (from: EventOrigin) => this.#registry.takes(from, settings.from);
    const outside = async (events: readonly unknown[], from: EventOrigin) => {
      if (takes(from)) await delivery.events(events, { from, roomId: undefined, since });
    };
    let late: ReadonlyMap<RoomID, readonly LateEvent[]> = new Map();
    try {
      await outside(await this.#receive(session, batch), "toDevice");
      if (this.crypto !== undefined && this.#registry.size > 0) late = await this.crypto.late();
      if (rooms !== undefined && (this.#registry.size > 0 || settings.onGap !== undefined) || late.size > 0) {
        const own = await ownUserId(session);
        const { catchUp, onGap } = settings;
        const pieces = splitRooms(rooms, { since, own, catchUp, gaps: onGap !== undefined, takes });
        await delivery.sideBySide(withLate(pieces, late, since), async (room) => {
          for (const piece of room) {
            for (const { events, place } of await complete(session, piece, own)) {
              await delivery.events(events, place);
            }
          }
        });
      }
      await outside(eventsOf(account_data), "accountData");
      await outside(eventsOf(presence), "presence");
    } catch (error) {
      session.fail(error);
      await delivery.settled();
      throw error;
    }
    const settled = async () => {
      const isDone = await delivery.settled() && !session.hasFailed;
      if (isDone && late.size > 0) await this.crypto!.forget(late);
      return isDone;
    };
    return { delivery, settled };
  }

  #owner(session: Session): DeliveryOwner<BatchPlace> {
    return {
      log: this.log,
      settings: session.settings,
      signal: session.signal,
      // A bot must not respond to its own messages. Its state and its other devices do matter.
      isOwn: ({ sender, state_key }, { from }) =>
        sender === this.mxid && state_key === undefined && (from === "timeline" || from === "leave"),
      context: (event, place, call) => new ClientContext(this, event, place, call),
      fail: (error) => session.fail(error),
      expect: (milliseconds) => session.expect(milliseconds),
      decrypt: this.crypto && ((events, { roomId, from }) => {
        const ignoredSender = this.#registry.takesOwn(session.settings.own) ? undefined : this.mxid;
        return this.#decrypt(roomId, events, { from, ignoredSender, signal: session.signal });
      }),
      onEncrypted: ({ event_id: eventId, content }, { roomId }) => {
        // The encryption reports the others. A redacted event has no algorithm.
        if (session.hasWarned || this.crypto !== undefined || content.algorithm === undefined) return;
        session.hasWarned = true;
        this.log.warn(
          `Cannot read encrypted messages, for example ${eventId} in ${roomId}: there is no option crypto, and no ` +
            "handler takes m.room.encrypted",
        );
      },
    };
  }

  /** Decrypts events of a room. */
  async #decrypt<E>(
    roomId: RoomID | undefined,
    events: readonly E[],
    options?: DecryptOptions,
  ): Promise<E[]> {
    if (this.crypto === undefined || roomId === undefined) return events as E[];
    return await this.#failing(this.crypto.decrypt(roomId, events, options)) as E[];
  }

  /**
   * Waits for the encryption. If it fails, the sync fails: a handler must not hide that, because what it handles would be
   * committed.
   */
  async #failing<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof CryptoError && !(error instanceof EncryptionError)) {
        this.#running?.session.fail(error);
      }
      throw error;
    }
  }

  /** Runs one session at a time. */
  async #work(session: Session, work: () => Promise<void>): Promise<void> {
    let ended = () => {};
    const running = { session, ended: new Promise<void>((resolve) => ended = resolve) };
    this.#running = running;
    let failure: { error: unknown } | undefined;
    try {
      await work();
    } catch (cause) {
      session.fail(cause);
      // Detached work is awaited, and committed if it has ended by itself.
      const error = await session.committed.then(
        () => cause,
        (last) => session.wasStopped(cause) ? last : cause,
      );
      if (!session.wasStopped(error)) failure = { error };
      throw error;
    } finally {
      // onState() may start the next run.
      if (this.#running === running) this.#running = undefined;
      session.end(failure);
      ended();
    }
  }

  #refuseSecond(): void {
    const session = this.#running?.session;
    if (session === undefined) return;
    if (!session.isDead) throw new TypeError("Cannot run: the client is running already; stop it first");
    this.#running = undefined;
    try {
      session.stop(new DOMException("The client was started again", "AbortError"));
    } catch {
      // Workers allow no access to what belongs to a request that has ended.
    }
  }

  #open(own: RunOptions | undefined, limit = Infinity): Session {
    const options = mergeOptions(this.#options, own);
    if (this.#hasCommitted && !own?.since) options.since = undefined;
    const settings = settle(options);
    return new Session({
      client: this,
      settings,
      store: this.#noticeCommits(settings.store ?? this.#memory),
      filters: this.#filters,
      widenFilter: this.crypto && ((filter) => this.crypto!.widenFilter(filter)),
      limit,
      onState: (state) => this.#state = state,
    });
  }

  #noticeCommits(store: SyncStore): SyncStore {
    return {
      get: () => store.get(),
      set: async (token) => {
        await store.set(token);
        this.#hasCommitted = true;
      },
    };
  }
}

/** The context of handlers of a client. */
class ClientContext extends BaseContext {
  readonly client: ClientAPI;
  readonly from: EventOrigin;
  readonly since: BatchPlace["since"];
  readonly encryption: EventEncryption | undefined;

  constructor(
    client: Client,
    event: AnyHandledEvent,
    { from, roomId, since }: BatchPlace,
    call: HandlerCall,
  ) {
    super(event, roomId, call, client);
    this.client = client;
    this.from = from;
    this.since = since;
    this.encryption = client.crypto?.encryptionOf(event);
  }
}

/** Puts late events before the pieces of their room, because they are older. */
function withLate(
  pieces: readonly Piece[][],
  late: ReadonlyMap<RoomID, readonly LateEvent[]>,
  since: SyncToken | undefined,
): readonly Piece[][] {
  if (late.size === 0) return pieces;
  const rooms = new Map([...late].map(([roomId, events]): [RoomID, Piece[]] => [
    roomId,
    events.map(({ event, from }) => ({ place: { from, roomId, since }, events: [event] })),
  ]));
  for (const room of pieces) {
    const { roomId } = room[0]!.place;
    rooms.set(roomId, [...rooms.get(roomId) ?? [], ...room]);
  }
  return [...rooms.values()];
}
