/**
 * Delivery of events to handlers: the registry of handlers, retries, deadlines and detached work.
 *
 * Nothing in this file knows where events come from. A sync and an application service use it in the same way:
 *
 * 1. Create a `Registry` with the names of the origins. `on()` calls its `add()`.
 * 2. Make a `DeliveryOwner`, whose settings come from `settleDelivery()`. Its `context()` makes what handlers get beside
 *    the event, usually an object of a subclass of `BaseContext` (events.ts), whose `send()` and `reply()` send with any
 *    `ClientAPI`.
 * 3. For each batch (a sync response, a transaction) create a `Delivery`. Its `events()` delivers the events of a room
 *    one after another, `sideBySide()` does so for several rooms at the same time.
 * 4. Wait for `settled()`, also after an error. If it returns false, the batch must be delivered again.
 *
 * @module
 */
import { type FullRetryPolicy, MAX_TIMEOUT, mergePolicy } from "../../http/retry.ts";
import { MatrixTimeoutError } from "../../http/errors/base.ts";
import { isJsonObject } from "../../types/json.ts";
import type { Log } from "../../http/observe.ts";
import { given, kindOf, numberOrKind } from "../../http/validate.ts";
import type { RoomID } from "../../types/identifiers.ts";
import type {
  AnyHandledEvent,
  AnyHandlerContext,
  EventOrigin,
  HandlerCall,
  HandlerOptions,
  WaitUntilOptions,
} from "./events.ts";
import { BACKOFF, type Backoff, isAbort, isOutage, retry, sessionError, waitAfter } from "./retry.ts";

/** Options of the delivery of events to handlers. */
export interface DeliveryOptions<O extends string = EventOrigin, Context = AnyHandlerContext>
  extends HandlerOptions<O> {
  /**
   * Maximum number of rooms whose events are handled at the same time.
   *
   * @default {8}
   */
  concurrency?: number | undefined;
  /**
   * Called with an event when the last attempt of a handler has failed. Delivery continues after it has ended. By default, the
   * error is logged.
   */
  onHandlerError?: ((error: unknown, event: AnyHandledEvent, context: Context) => unknown) | undefined;
  /** Growth of the waits between retries, of requests and of handlers. */
  backoff?: Backoff | undefined;
}

/** Options of a delivery, checked, with their defaults. */
export interface DeliverySettings<Context = AnyHandlerContext> {
  readonly own: boolean;
  /** Origins that a handler takes unless it names its own. */
  readonly from: ReadonlySet<string>;
  readonly retries: number;
  readonly handlerDeadline: number;
  readonly concurrency: number;
  readonly backoff: FullRetryPolicy;
  readonly onHandlerError: DeliveryOptions<string, Context>["onHandlerError"];
}

/** The origin and the room of events. Owners add fields that their context needs. */
export interface Place {
  /** The origin: the part of a response or transaction. */
  readonly from: string;
  /** The room, if the events have one. */
  readonly roomId: RoomID | undefined;
}

/** The part of a delivery that depends on the receiver of the events. */
export interface DeliveryOwner<P extends Place, Context = AnyHandlerContext> {
  readonly log: Log;
  readonly settings: DeliverySettings<Context>;
  /** Stops delivery: no further handler is called, and the signals of running handlers are aborted. */
  readonly signal: AbortSignal;
  /** Whether a handler gets an event only with `own`. */
  isOwn(event: AnyHandledEvent, place: P): boolean;
  /** Creates what a handler gets beside the event, for one call of it. */
  context(event: AnyHandledEvent, place: P, call: HandlerCall): Context;
  /** Aborts the signal because of an error. Does nothing if it is aborted already. */
  fail(error: unknown): void;
  /** Whether an error that ends a session ends the delivery. By default it does. */
  isFinal?(error: Error): boolean;
  /** Decrypts events, those from gaps included, before handlers are looked up. Returns others unchanged. */
  decrypt?(events: readonly unknown[], place: P): Promise<readonly unknown[]>;
  /** Called with an encrypted event that no handler takes. */
  onEncrypted?(event: AnyHandledEvent, place: P): void;
  /** Called before something is awaited, with its time limit in milliseconds. */
  expect?(milliseconds: number): void;
}

const MINUTE = 60_000;
/** The time for which a handler is retried while the homeserver is out of reach, in milliseconds. */
const LONGEST_OUTAGE = 60 * MINUTE;
/** The default time limit for detached work, in milliseconds. */
const WORK_DEADLINE = 10 * MINUTE;

/** A handler and its options. Options that are not given are those of the delivery. */
export interface Registration {
  /** The event type, or `*`. */
  readonly type: string;
  /** The number of handlers that were registered before. It is never used again, so it is the same after a restart. */
  readonly number: number;
  readonly handler: (event: AnyHandledEvent, context: never) => unknown;
  readonly own: boolean | undefined;
  readonly from: ReadonlySet<string> | undefined;
  readonly retries: number | undefined;
  readonly handlerDeadline: number | undefined;
  /** Whether the handler is still registered. */
  active: boolean;
}

/** The registered handlers, in the order of their registration. */
export class Registry {
  readonly #origins: readonly string[];
  /** Lists are replaced, never changed, so that a handler may register others while a list is read. */
  #all: readonly Registration[] = [];
  #any: readonly Registration[] = [];
  /** Only types that have handlers of their own, so that it does not grow with what a homeserver sends. */
  readonly #byType = new Map<string, readonly Registration[]>();
  #registered = 0;

  /**
   * Creates a registry.
   *
   * @param origins The origins that events can have.
   */
  constructor(origins: readonly string[]) {
    this.#origins = origins;
  }

  /**
   * Registers a handler.
   *
   * @returns A function that removes the handler.
   * @throws {RangeError} If a number is out of range.
   * @throws {TypeError} If another argument is invalid.
   */
  add(
    type: string,
    handler: (event: never, context: never) => unknown,
    options: HandlerOptions<string> | null | undefined,
  ): () => void {
    if (typeof type !== "string" || type === "") {
      throw new TypeError(
        `Cannot register the handler: the type must be an event type or "*", received ${kindOf(type)}`,
      );
    }
    if (typeof handler !== "function") {
      throw new TypeError(`Cannot register the handler: it must be a function, received ${kindOf(handler)}`);
    }
    const { own, from, retries, handlerDeadline } = given(options);
    checkHandlerOptions({ own, retries, handlerDeadline });
    const registration: Registration = {
      type,
      number: this.#registered++,
      handler: handler as Registration["handler"],
      own: own ?? undefined,
      from: originsOf(from, this.#origins),
      retries: retries ?? undefined,
      handlerDeadline: handlerDeadline ?? undefined,
      active: true,
    };
    this.#replace([...this.#all, registration]);
    return () => {
      registration.active = false;
      this.#replace(this.#all.filter((other) => other !== registration));
    };
  }

  /** The number of handlers. */
  get size(): number {
    return this.#all.length;
  }

  /** Returns the handlers that take events of a type. */
  of(type: string): readonly Registration[] {
    return this.#byType.get(type) ?? this.#any;
  }

  /**
   * Whether any handler takes events of an origin.
   *
   * @param origin The origin.
   * @param standard The origins of handlers that name none.
   */
  takes(origin: string, standard: ReadonlySet<string>): boolean {
    return this.#all.some(({ from = standard }) => from.has(origin));
  }

  /**
   * Whether any handler takes messages of the receiver itself.
   *
   * @param standard Whether handlers do that do not say so.
   */
  takesOwn(standard: boolean): boolean {
    return this.#all.some(({ own = standard }) => own);
  }

  #replace(all: readonly Registration[]): void {
    this.#all = all;
    this.#any = all.filter(({ type }) => type === "*");
    this.#byType.clear();
    for (const { type } of all) {
      if (type === "*" || this.#byType.has(type)) continue;
      this.#byType.set(type, all.filter((other) => other.type === type || other.type === "*"));
    }
  }
}

/** Delivers the events of one batch to handlers, and keeps track of the work that they detach. */
export class Delivery<P extends Place, Context = AnyHandlerContext> {
  /** The number of events that at least one handler has handled without an error. */
  handled = 0;
  readonly #owner: DeliveryOwner<P, Context>;
  readonly #registry: Registry;
  /** Calls whose signal somebody has read. */
  readonly #calls = new Set<Call>();
  /** Detached work that has not ended. */
  readonly #work = new Set<Promise<void>>();
  /** Time limits of calls and of detached work. */
  readonly limits: Limits = new Limits();
  #interrupted = false;
  #abort: (() => void) | undefined;

  /**
   * Creates a delivery.
   *
   * @param owner The receiver of the events.
   * @param registry The handlers.
   */
  constructor(owner: DeliveryOwner<P, Context>, registry: Registry) {
    this.#owner = owner;
    this.#registry = registry;
  }

  /**
   * Delivers events one after another.
   *
   * @param events The events, oldest first. Values that are not events are skipped.
   * @param place Where they come from.
   * @throws {MUnknownToken} And other errors that end a session, if a handler rejects with one.
   * @throws The reason of the owner's signal, before an event that is not delivered any more.
   */
  async events(events: readonly unknown[], place: P): Promise<void> {
    const { log, settings, signal, decrypt } = this.#owner;
    if (decrypt !== undefined) events = await decrypt.call(this.#owner, events, place);
    for (const event of events) {
      if (!isEvent(event)) {
        log.warn(`Cannot handle an event from ${place.from}: it has no type or no content`);
        continue;
      }
      let taken = false;
      let well = false;
      for (const registration of this.#registry.of(event.type)) {
        const { from = settings.from, own = settings.own } = registration;
        if (!from.has(place.from) || !registration.active) continue;
        taken = true;
        if (!own && this.#owner.isOwn(event, place)) continue;
        signal.throwIfAborted();
        if (place.roomId !== undefined) event.room_id = place.roomId;
        const call = this.#call(registration, event, place);
        try {
          const work = call.handle();
          if (isPromise(work)) await work;
          well = true;
        } catch (error) {
          well = await this.#retry(call, error, place) || well;
        }
      }
      if (well) this.handled++;
      if (!taken && event.type === "m.room.encrypted") this.#owner.onEncrypted?.(event, place);
    }
  }

  /**
   * Delivers the events of several rooms at the same time, as many as `concurrency` allows.
   *
   * @param rooms The rooms.
   * @param deliver Delivers the events of a room.
   * @throws The first error, after all rooms that were begun have ended.
   */
  async sideBySide<R>(rooms: readonly R[], deliver: (room: R) => Promise<void>): Promise<void> {
    const queue = rooms.values();
    let failure: { error: unknown } | undefined;
    const work = async () => {
      for (const room of queue) {
        try {
          await deliver(room);
        } catch (error) {
          failure ??= { error };
          // The other rooms stop, too.
          this.#owner.fail(error);
        }
        if (failure !== undefined) return;
      }
    };
    const { concurrency } = this.#owner.settings;
    await Promise.all(Array.from({ length: Math.min(concurrency, rooms.length) }, work));
    if (failure !== undefined) throw failure.error;
  }

  /** Whether work is running that handlers have detached. */
  get hasWork(): boolean {
    return this.#work.size > 0;
  }

  /**
   * Waits until all detached work has ended.
   *
   * @returns Whether it has ended by itself. If not, the events must be delivered again.
   */
  async settled(): Promise<boolean> {
    // Work may detach further work.
    while (this.#work.size > 0) await Promise.all(this.#work);
    this.limits.clear();
    if (this.#abort !== undefined) this.#owner.signal.removeEventListener("abort", this.#abort);
    return !this.#interrupted;
  }

  #call(registration: Registration, event: AnyHandledEvent, place: P): Call {
    const { settings: { handlerDeadline } } = this.#owner;
    const deadline = registration.handlerDeadline ?? handlerDeadline;
    const call = new Call(registration, event, deadline, this);
    call.context = this.#owner.context(event, place, call);
    return call;
  }

  /** Notices that somebody has read the signal of a call. */
  follow(call: Call): void {
    const { signal } = this.#owner;
    if (signal.aborted) return call.abort(signal.reason);
    this.#calls.add(call);
    if (this.#abort !== undefined) return;
    this.#abort = () => this.#calls.forEach((one) => one.abort(signal.reason));
    signal.addEventListener("abort", this.#abort);
  }

  /** Forgets a call that has ended. */
  forget(call: Call): void {
    this.#calls.delete(call);
  }

  /** Notices that something is awaited. */
  expect(deadline: number): void {
    this.#owner.expect?.(deadline);
  }

  /** Keeps track of detached work. */
  detach(call: Call, work: PromiseLike<unknown>): void {
    const done: Promise<void> = this.#watch(call, work).finally(() => this.#work.delete(done));
    this.#work.add(done);
  }

  /** Returns the one of an error and its causes that ends the delivery. */
  #finalError(error: unknown): Error | undefined {
    const final = sessionError(error);
    return final !== undefined && (this.#owner.isFinal?.(final) ?? true) ? final : undefined;
  }

  async #watch(call: Call, work: PromiseLike<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      const { signal } = this.#owner;
      const final = this.#finalError(error);
      if (final !== undefined) this.#owner.fail(final);
      if (final !== undefined || (signal.aborted && isAbort(error, signal.reason))) {
        this.#interrupted = true;
      } else await this.#failed(call, error);
    }
  }

  /**
   * Retries a handler that has failed, and reports the error in the end.
   *
   * @returns Whether a retry succeeded.
   * @throws An error that ends a session, or the reason of the owner's signal.
   */
  async #retry(call: Call, first: unknown, place: P): Promise<boolean> {
    const { settings, signal } = this.#owner;
    const { event, registration } = call;
    const { retries = settings.retries } = registration;
    let begun = false;
    let gaveUp = false;
    let failures = 0;
    let outages = 0;
    let lostAt = 0;
    const attempt = async () => {
      if (!begun) {
        begun = true;
        throw first;
      }
      call = this.#call(registration, event, place);
      await call.handle();
    };
    const next = (error: unknown): number | undefined => {
      const final = this.#finalError(error);
      if (final !== undefined) throw final;
      const expired = call.hasExpired(error);
      if (signal.aborted && !expired && isAbort(error, signal.reason)) throw signal.reason;
      let wait: number | undefined;
      if (expired ? call.wasSending : isOutage(error)) {
        if (outages++ === 0) lostAt = performance.now();
        if (performance.now() - lostAt < LONGEST_OUTAGE) wait = waitAfter(error, settings.backoff, outages);
      } else if (!expired && failures++ < retries) {
        wait = waitAfter(error, settings.backoff, failures);
      }
      gaveUp = wait === undefined || !registration.active;
      if (gaveUp) return undefined;
      this.expect(wait!);
      return wait;
    };
    try {
      await retry(attempt, next, signal);
      return true;
    } catch (error) {
      if (!gaveUp) throw error;
      await this.#failed(call, error);
      return false;
    }
  }

  async #failed({ event, context }: Call, error: unknown): Promise<void> {
    const { log, settings: { handlerDeadline, onHandlerError } } = this.#owner;
    if (onHandlerError === undefined) {
      return log.error(`Cannot handle ${event.type} ${event.event_id ?? ""}: a handler failed`, error);
    }
    this.expect(handlerDeadline);
    await notify(
      log,
      "onHandlerError",
      () => onHandlerError(error, event, context as Context),
      handlerDeadline,
    );
  }
}

type CallOwner = Pick<Delivery<Place>, "follow" | "forget" | "expect" | "detach" | "limits">;

/** One call of a handler. */
class Call implements HandlerCall {
  readonly registration: Registration;
  readonly event: AnyHandledEvent;
  context: unknown;
  /** Whether a message was being sent when the deadline passed. */
  wasSending = false;
  readonly #deadline: number;
  readonly #delivery: CallOwner;
  #controller: AbortController | undefined;
  #expired: MatrixTimeoutError | undefined;
  #sent = 0;
  #sending = 0;
  /** The number of awaited promises: of the handler, and of work that it has detached. */
  #awaited = 0;

  constructor(registration: Registration, event: AnyHandledEvent, deadline: number, delivery: CallOwner) {
    this.registration = registration;
    this.event = event;
    this.#deadline = deadline;
    this.#delivery = delivery;
  }

  /** The signal. It is created when it is read, because that costs more than the call of a simple handler. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#expired !== undefined) this.#controller.abort(this.#expired);
      else this.#delivery.follow(this);
    }
    return this.#controller.signal;
  }

  /** Calls the handler. */
  handle(): unknown {
    const { handler } = this.registration;
    const work = handler(this.event, this.context as never);
    if (isPromise(work)) return this.#inTime(work, this.#deadline, "the handler");
    this.#forget();
  }

  waitUntil(work: PromiseLike<unknown>, options?: WaitUntilOptions): void {
    const deadline = given(options).deadline ?? WORK_DEADLINE;
    checkDeadline("deadline", deadline);
    this.#delivery.detach(this, this.#inTime(Promise.resolve(work), deadline, "detached work"));
  }

  async send<R>(request: (suffix: string) => Promise<R>): Promise<R> {
    // The number is taken before anything is awaited, so that it follows the order of the calls.
    const suffix = `_${this.registration.number}_${this.#sent++}`;
    this.#sending++;
    try {
      return await request(suffix);
    } finally {
      this.#sending--;
    }
  }

  abort(reason: unknown): void {
    this.#controller?.abort(reason);
  }

  /** Whether an error says that the deadline of this call has passed. */
  hasExpired(error: unknown): boolean {
    return error !== undefined && error === this.#expired;
  }

  #inTime(work: PromiseLike<unknown>, deadline: number, what: string): Promise<unknown> {
    this.#awaited++;
    this.#delivery.expect(deadline);
    const expire = () => {
      this.wasSending = this.#sending > 0;
      this.#expired = new MatrixTimeoutError(
        `Cannot handle ${this.event.type}: ${what} did not end within ${deadline} ms`,
      );
      this.abort(this.#expired);
      this.#delivery.forget(this);
      return this.#expired;
    };
    return inTime(this.#delivery.limits, work, deadline, expire, () => {
      this.#awaited--;
      this.#forget();
    });
  }

  #forget(): void {
    if (this.#controller !== undefined && this.#awaited === 0) this.#delivery.forget(this);
  }
}

/**
 * Calls a callback of the program and logs what it fails with.
 *
 * @param log The log.
 * @param name The name of the callback.
 * @param call Calls it.
 * @param deadline The time limit in milliseconds.
 */
export async function notify(
  log: Log,
  name: string,
  call: () => unknown,
  deadline = Infinity,
): Promise<void> {
  const limits = new Limits();
  try {
    const work = call();
    if (!isPromise(work)) return;
    const late = () => new MatrixTimeoutError(`Cannot continue: ${name}() did not end within ${deadline} ms`);
    await inTime(limits, work, deadline, late);
  } catch (error) {
    log.error(`${name}() failed`, error);
  } finally {
    limits.clear();
  }
}

/**
 * Time limits with one timer, which stays set while limits begin and end. A timer for each call of a handler would take 5 µs
 * on Deno 2.9, more than all else that a call costs.
 */
class Limits {
  /** Functions to call, and when, in ms. */
  readonly #running = new Map<() => void, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #next = Infinity;

  /** Calls a function after a number of milliseconds, unless the limit is ended before. */
  begin(expire: () => void, milliseconds: number): void {
    const time = performance.now() + milliseconds;
    if (time === Infinity) return;
    this.#running.set(expire, time);
    if (time < this.#next) this.#wait(time);
  }

  /** Ends a limit. */
  end(expire: () => void): void {
    this.#running.delete(expire);
  }

  /** Clears the timer. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#next = Infinity;
  }

  #wait(time: number): void {
    this.clear();
    this.#next = time;
    this.#timer = setTimeout(() => this.#check(), Math.min(time - performance.now(), MAX_TIMEOUT));
  }

  #check(): void {
    this.#next = Infinity;
    const now = performance.now();
    for (const [expire, time] of this.#running) {
      if (time > now) continue;
      this.#running.delete(expire);
      expire();
    }
    if (this.#running.size > 0) this.#wait(Math.min(...this.#running.values()));
  }
}

/** Waits for a promise, up to a time limit in milliseconds. `end` is called when it settles, however late. */
function inTime<T>(
  limits: Limits,
  work: PromiseLike<T>,
  deadline: number,
  late: () => unknown,
  end: () => void = () => {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const expire = () => reject(late());
    limits.begin(expire, deadline);
    work.then((value) => {
      limits.end(expire);
      resolve(value);
      end();
    }, (error) => {
      limits.end(expire);
      reject(error);
      end();
    });
  });
}

function isEvent(value: unknown): value is AnyHandledEvent {
  return isJsonObject(value) && typeof value.type === "string" && isJsonObject(value.content);
}

function isPromise(work: unknown): work is PromiseLike<unknown> {
  return typeof work === "object" && work !== null && typeof (work as { then?: unknown }).then === "function";
}

/**
 * Checks the options of a delivery and adds the defaults.
 *
 * @param options The options.
 * @param origins The origins that events can have.
 * @param standard The origins that handlers take by default.
 * @throws {RangeError} If a number is out of range.
 * @throws {TypeError} If another option is invalid.
 */
export function settleDelivery<O extends string, Context>(
  options: DeliveryOptions<O, Context>,
  origins: readonly O[],
  standard: readonly O[],
): DeliverySettings<Context> {
  const { own, from, retries, handlerDeadline, concurrency = 8, onHandlerError, backoff } = options;
  checkHandlerOptions({ own, retries, handlerDeadline });
  checkRange("concurrency", isWhole(concurrency) && concurrency > 0, "a whole number from 1", concurrency);
  checkKind("onHandlerError", isFunction(onHandlerError), "a function", onHandlerError);
  return {
    own: own ?? false,
    from: originsOf(from, origins) ?? new Set(standard),
    retries: retries ?? 0,
    handlerDeadline: handlerDeadline ?? MINUTE,
    concurrency,
    backoff: mergePolicy(backoff, BACKOFF),
    onHandlerError,
  };
}

function checkHandlerOptions({ own, retries, handlerDeadline }: HandlerOptions<string>): void {
  checkKind("own", own === undefined || own === null || typeof own === "boolean", "a boolean", own);
  if (retries !== undefined && retries !== null) {
    checkRange("retries", retries === Infinity || isWhole(retries), "a whole number from 0", retries);
  }
  if (handlerDeadline !== undefined && handlerDeadline !== null) {
    checkDeadline("handlerDeadline", handlerDeadline);
  }
}

function checkDeadline(name: string, value: unknown): void {
  const fits = typeof value === "number" && value > 0;
  checkRange(name, fits, "a positive number of milliseconds, or Infinity", value);
}

/** Whether a value is undefined or a function. */
export function isFunction(value: unknown): boolean {
  return value === undefined || typeof value === "function";
}

/** Whether a value is a whole number from 0. */
export function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && value as number >= 0;
}

/** Throws a TypeError that names an option, unless it fits. */
export function checkKind(name: string, fits: boolean, expected: string, value: unknown): void {
  if (!fits) {
    throw new TypeError(`Cannot use the options: ${name} must be ${expected}, received ${kindOf(value)}`);
  }
}

/** Throws a RangeError that names an option, unless it fits. */
export function checkRange(name: string, fits: boolean, expected: string, value: unknown): void {
  const actual = numberOrKind(value);
  if (!fits) throw new RangeError(`Cannot use the options: ${name} must be ${expected}, received ${actual}`);
}

/** Returns the origins that an option names, or `undefined` if it names none. */
function originsOf(from: unknown, known: readonly string[]): ReadonlySet<string> | undefined {
  if (from === undefined || from === null) return undefined;
  checkKind("from", typeof from === "string" || Array.isArray(from), "an origin or a list of origins", from);
  const origins: readonly unknown[] = typeof from === "string" ? [from] : from as unknown[];
  for (const origin of origins) {
    if (!known.includes(origin as string)) {
      const name = typeof origin === "string"
        ? `unknown origin "${origin}"`
        : `an origin that is ${kindOf(origin)}`;
      throw new TypeError(`Cannot use the options: from has ${name}; expected one of ${known.join(", ")}`);
    }
  }
  return new Set(origins as readonly string[]);
}
