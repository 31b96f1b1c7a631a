import { given } from "../../http/validate.ts";
import type { AccountDataEvent, GenericEvent, OpenObject, ToDeviceEvent } from "../../types/events/mod.ts";
import type { ToDeviceContentMap, ToDeviceEventType } from "../../types/events/mod.ts";
import type { FilterID, RoomID } from "../../types/identifiers.ts";
import type { SyncResponse } from "../../types/sync.ts";
import { ClientAPI } from "../client_api.ts";
import { Dispatcher } from "./dispatcher.ts";
import type {
  EventHandler,
  HandledEvent,
  HandledEventType,
  HandledRoom,
  HandledRoomEvent,
} from "./handler_types.ts";
import { Handlers, type Registration } from "./handlers.ts";
import type { ClientOptions, HandlerOptions, RunOptions } from "./options.ts";
import { Session } from "./session.ts";
import { mergeOptions, pickOptions, settle } from "./settings.ts";
import type { SyncState } from "./state.ts";
import { MemorySyncStore, type SyncStore } from "./stores.ts";

/**
 * A client that syncs: {@linkcode ClientAPI}, and what it takes to hear of everything that happens, once or more but
 * never not at all.
 *
 * What comes is handed to the handlers that {@linkcode Client.prototype.on | on()} has been given, room by room in
 * order. A batch counts as handled when all of its handlers have ended; only then is its token written to the store. So
 * after a crash some events come again. Whoever sends with a transaction ID that is made from the event's ID sends
 * nothing twice.
 *
 * @example A bot that repeats what it hears
 * ```ts
 * import { Client } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const stop = new AbortController();
 * const client = new Client({ baseUrl: "https://matrix.example.org", token: "secret" });
 * const heard: string[] = [];
 * client.on("m.room.message", async (event, { roomId, signal }) => {
 *   if (event.content.msgtype !== "m.text") return;
 *   heard.push(event.content.body);
 *   await client.sendText(roomId, event.content.body, { txnId: `echo-${event.event_id}`, signal });
 *   stop.abort();
 * }, { own: false });
 * await client.run({ signal: stop.signal });
 * assertEquals(heard, ["Hello"]);
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#syncing
 */
export class Client extends ClientAPI {
  readonly #options: RunOptions;
  readonly #handlers = new Handlers();
  readonly #memory = new MemorySyncStore();
  readonly #filters = new Map<string, FilterID>();
  #state: SyncState = { state: "stopped", since: undefined, failures: 0 };
  /** Whether anything was committed, so that the constructor's `since` is a thing of the past. */
  #moved = false;
  #running: { readonly session: Session; readonly ended: Promise<void> } | undefined;

  /**
   * Makes a client. Nothing is sent.
   *
   * @param options A transport or the options of one, who the client is, and how to sync unless a call says otherwise.
   * @throws {RangeError} If a number is out of its range.
   * @throws {SyntaxError} If `mxid` is no user ID.
   * @throws {TypeError} If the base URL, the token or an option cannot be used.
   */
  constructor(options: ClientOptions) {
    super(options);
    this.#options = pickOptions(options);
    settle(this.#options);
  }

  /** How the sync is doing: what `onState` was told last. */
  get syncState(): SyncState {
    return this.#state;
  }

  /**
   * Takes messages for this device, which may have the types of messages in rooms.
   *
   * @param type The type of event.
   * @param handler Handles an event.
   * @param options `from: "toDevice"`, and what happens when the handler fails.
   * @returns Takes the handler off again.
   */
  on<T extends ToDeviceEventType>(
    type: T,
    handler: EventHandler<ToDeviceEvent<ToDeviceContentMap[T], T>, undefined>,
    options: HandlerOptions & {
      /** Messages for this device only. */
      from: "toDevice";
    },
  ): () => void;
  /**
   * Takes messages for this device of a type of one's own.
   *
   * @param type The type of event.
   * @param handler Handles an event.
   * @param options `from: "toDevice"`, and what happens when the handler fails.
   * @returns Takes the handler off again.
   */
  on<C extends object = OpenObject>(
    type: string,
    handler: EventHandler<ToDeviceEvent<C>, undefined>,
    options: HandlerOptions & {
      /** Messages for this device only. */
      from: "toDevice";
    },
  ): () => void;
  /**
   * Takes events of a type.
   *
   * Handlers are called in the order in which they were added, for one event of a room after another. Unless `from` says
   * otherwise they get the type wherever it comes from, but for `state`: state changes come with the timeline.
   *
   * @param type The type of event.
   * @param handler Handles an event. The next event of the room comes when it has ended.
   * @param options Which events to take, and what happens when the handler fails.
   * @returns Takes the handler off again.
   * @throws {RangeError} If a number is out of its range.
   * @throws {TypeError} If an option cannot be used.
   */
  on<T extends HandledEventType>(
    type: T,
    handler: EventHandler<HandledEvent<T>, HandledRoom<T>>,
    options?: HandlerOptions,
  ): () => void;
  /**
   * Takes events of all types.
   *
   * @param type `*`.
   * @param handler Handles an event. The next event of the room comes when it has ended.
   * @param options Which events to take, and what happens when the handler fails.
   * @returns Takes the handler off again.
   */
  on(
    type: "*",
    handler: EventHandler<GenericEvent, RoomID | undefined>,
    options?: HandlerOptions,
  ): () => void;
  /**
   * Takes account data of a type of one's own.
   *
   * @param type The type of event.
   * @param handler Handles an event.
   * @param options `from: "accountData"`, and what happens when the handler fails.
   * @returns Takes the handler off again.
   */
  on<C extends object = OpenObject>(
    type: string,
    handler: EventHandler<AccountDataEvent<C>, RoomID | undefined>,
    options: HandlerOptions & {
      /** Account data only. */
      from: "accountData";
    },
  ): () => void;
  /**
   * Takes events of a type of one's own, from rooms.
   *
   * @param type The type of event.
   * @param handler Handles an event. The next event of the room comes when it has ended.
   * @param options Which events to take, and what happens when the handler fails.
   * @returns Takes the handler off again.
   */
  on<C extends object = OpenObject>(
    type: string,
    handler: EventHandler<HandledRoomEvent<C>>,
    options?: HandlerOptions,
  ): () => void;
  on(type: string, handler: (event: never, context: never) => unknown, options?: HandlerOptions): () => void {
    return this.#handlers.add(type, handler as Registration["handler"], options);
  }

  /**
   * Asks for what is new, again and again: each answer as it stood on the wire.
   *
   * An answer is committed when the next one is asked for. If the loop is left, it comes again.
   *
   * @example Until something was said
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
   * @param options How to sync.
   * @returns The answers. The iteration rejects with what ends a sync (see {@linkcode Client.prototype.run | run()}), and
   * with the signal's reason.
   */
  async *syncs(options?: RunOptions): AsyncGenerator<SyncResponse, void, undefined> {
    const session = this.#open(options);
    const { stream } = session;
    let failure: { error: unknown } | undefined;
    try {
      await stream.open();
      while (true) {
        yield await stream.poll();
        await stream.commit();
      }
    } catch (error) {
      if (!session.wasStopped(error)) failure = { error };
      throw error;
    } finally {
      session.end(failure);
    }
  }

  /**
   * Syncs, and hands what comes to the handlers, until the signal says stop.
   *
   * Lost connections, time-outs, rate limits and faults of the homeserver are waited out; `onState` is told of them.
   *
   * @param options How to sync.
   * @returns When the signal was aborted, or `stop()` was called, and the last handler has ended.
   * @throws {MUnknownToken} If the homeserver does not know the token, or no longer does.
   * @throws {MMissingToken} If there is no token.
   * @throws {MUserDeactivated} If the account is no longer in use.
   * @throws {MatrixConnectionError} If the program may not use the network.
   * @throws {MatrixRequestError} If the homeserver refuses for the third time in a row, because of the filter, say.
   * @throws {RangeError} If a number is out of its range.
   * @throws {TypeError} If an option cannot be used, or the client is running already.
   * @throws What the store fails with, as it is.
   */
  async run(options?: RunOptions): Promise<void> {
    this.#refuseSecond();
    await this.#run(this.#open(options));
  }

  /**
   * Asks once for what is new, without waiting for it, handles it, and commits: for programs that are called now and
   * then. Faults that may pass are tried again as often as the client's `retry` allows.
   *
   * @example One batch a call
   * ```ts
   * import { Client, MemorySyncStore } from "@mtx/client";
   * import { assertEquals } from "@std/assert";
   *
   * const store = new MemorySyncStore();
   * const client = new Client({ baseUrl: "https://matrix.example.org", token: "secret", store });
   * client.on("m.room.topic", (event) => console.log(event.content.topic));
   * assertEquals(await client.runOnce(), 0); // the first time nothing has been missed
   * assertEquals(await client.runOnce(), 0);
   * assertEquals(await store.get() !== undefined, true);
   * ```
   *
   * @param options How to sync. `timeout` is 0 unless it is given here.
   * @returns How many events were handled: taken by at least one handler that did not fail.
   * @throws What ends {@linkcode Client.prototype.run | run()}, the last fault, or the signal's reason.
   */
  async runOnce(options?: RunOptions): Promise<number> {
    this.#refuseSecond();
    const session = this.#open({ ...given(options), timeout: options?.timeout ?? 0 }, this.api.retryLimit);
    return await this.#work(session, async (dispatcher) => {
      await this.#next(session, dispatcher);
      return dispatcher.handled;
    });
  }

  /**
   * Begins to {@linkcode Client.prototype.run | run()}, and returns at once. `onState` is told of the end, with the error
   * if there is one.
   *
   * @param options How to sync.
   * @throws {RangeError} If a number is out of its range.
   * @throws {TypeError} If an option cannot be used, or the client is running already.
   */
  start(options?: RunOptions): void {
    this.#refuseSecond();
    this.#run(this.#open(options)).catch((error) => this.log.error("The sync has ended", error));
  }

  /**
   * Ends what `run()`, `start()` or `runOnce()` began. What has not been handled to its end comes again the next time.
   *
   * A handler may call it, but must not wait for it.
   *
   * @returns When the last handler has ended; at once if nothing runs.
   */
  async stop(): Promise<void> {
    if (this.#running === undefined) return;
    const { session, ended } = this.#running;
    session.stop(new DOMException("The client was stopped", "AbortError"));
    await ended;
  }

  async #run(session: Session): Promise<void> {
    try {
      await this.#work(session, async (dispatcher) => {
        while (true) await this.#next(session, dispatcher);
      });
    } catch (error) {
      if (!session.wasStopped(error)) throw error;
    }
  }

  /** Gets a batch, handles and commits it. */
  async #next(session: Session, dispatcher: Dispatcher): Promise<void> {
    const { stream } = session;
    const batch = await stream.poll();
    if (!await dispatcher.dispatch(batch, stream.since)) session.interrupted();
    await stream.commit();
  }

  /** Runs one thing at a time. */
  async #work<T>(session: Session, work: (dispatcher: Dispatcher) => Promise<T>): Promise<T> {
    let ended = () => {};
    this.#running = { session, ended: new Promise((resolve) => ended = resolve) };
    const { settings, stream } = session;
    const dispatcher = new Dispatcher({
      client: this,
      settings,
      handlers: this.#handlers,
      stream,
      fail: (error) => session.fail(error),
    });
    let failure: { error: unknown } | undefined;
    try {
      await stream.open();
      return await work(dispatcher);
    } catch (error) {
      if (!session.wasStopped(error)) failure = { error };
      throw error;
    } finally {
      dispatcher.stop();
      // Who is told of the end may run again.
      this.#running = undefined;
      session.end(failure);
      ended();
    }
  }

  #refuseSecond(): void {
    if (this.#running !== undefined) {
      throw new TypeError("Cannot run: the client is running already; stop it first");
    }
  }

  #open(own: RunOptions | undefined, limit = Infinity): Session {
    const options = mergeOptions(this.#options, own);
    if (this.#moved && !own?.since) options.since = undefined;
    const settings = settle(options);
    return new Session({
      client: this,
      settings,
      store: this.#watchStore(settings.store ?? this.#memory),
      filters: this.#filters,
      limit,
      keep: (state) => this.#state = state,
    });
  }

  #watchStore(store: SyncStore): SyncStore {
    return {
      get: () => store.get(),
      set: async (token) => {
        await store.set(token);
        this.#moved = true;
      },
    };
  }
}
