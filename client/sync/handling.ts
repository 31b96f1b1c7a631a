import { delay } from "@std/async/delay";
import { isJsonObject } from "../../http/json_object.ts";
import type { Place } from "./batch.ts";
import type { Client } from "./client.ts";
import { backoffWait, isEndedBy, tell } from "./faults.ts";
import type { AnyHandledEvent, AnyHandlerContext, EventOrigin } from "./handler_types.ts";
import type { Handlers, Registration } from "./handlers.ts";
import type { Lane } from "./lane.ts";
import { ORIGINS, type Settings } from "./settings.ts";
import type { SyncStream } from "./stream.ts";

/** What handlers are called with and for. */
export interface HandlingOwner {
  /** The client that handlers get. */
  readonly client: Client;
  /** What the user wants. */
  readonly settings: Settings;
  /** The handlers. */
  readonly handlers: Handlers;
  /** What asked. */
  readonly stream: SyncStream;
}

/** Thrown when no more events are to be begun: what is left stays for another time. */
export const HALT = Symbol("halt");

/** Calls handlers, one after another. */
export class Handling {
  /** How many events at least one handler has ended well with. */
  handled = 0;
  /** How often handlers were called. */
  begun = 0;
  readonly #owner: HandlingOwner;

  constructor(owner: HandlingOwner) {
    this.#owner = owner;
  }

  /** Whether any handler takes events from there. */
  wants(from: EventOrigin): boolean {
    return this.#owner.handlers.want(ORIGINS[from], this.#owner.settings.mask);
  }

  /**
   * Hands over events, one after another.
   *
   * @throws {@linkcode HALT} before an event that must not be begun, or what ends a sync.
   */
  async events(lane: Lane, events: readonly unknown[], place: Place): Promise<void> {
    const { client, settings, handlers, stream } = this.#owner;
    const origin = ORIGINS[place.from];
    let context: AnyHandlerContext | undefined;
    for (const event of events) {
      if (!isEvent(event)) {
        client.log.warn(`Cannot handle an event from ${place.from}: it has no type or no content`);
        continue;
      }
      let well = false;
      for (const registration of handlers.of(event.type)) {
        const { mask = settings.mask, own = settings.own } = registration;
        if ((mask & origin) === 0 || !registration.active) continue;
        if (!own && event.sender === (client.mxid ?? await stream.ownUserId())) continue;
        if (stream.signal.aborted) throw HALT;
        if (place.roomId !== undefined) event.room_id = place.roomId;
        if (context === undefined || context.signal !== lane.signal) {
          context = { client, ...place, signal: lane.signal };
        }
        this.begun++;
        try {
          const work = registration.handler(event, context);
          if (isPromise(work)) await lane.wait(work, this.#deadline(registration), event.type);
          well = true;
        } catch (error) {
          well = await this.#again(lane, registration, event, context, error) || well;
        }
      }
      if (well) this.handled++;
    }
  }

  /**
   * Calls a function of the user's that only wants to be told. It may take as long as a handler.
   *
   * @param name What the function is called, for the log.
   */
  async tell(lane: Lane, name: string, call: () => unknown): Promise<void> {
    const { client, settings } = this.#owner;
    await tell(client.log, name, () => {
      const work = call();
      return isPromise(work) ? lane.wait(work, settings.handlerDeadline, `the end of ${name}()`) : work;
    });
  }

  /** Tries a handler again that has failed, and tells of it in the end. Whether it has ended well at last. */
  async #again(
    lane: Lane,
    registration: Registration,
    event: AnyHandledEvent,
    context: AnyHandlerContext,
    error: unknown,
  ): Promise<boolean> {
    const { settings, stream: { signal } } = this.#owner;
    const { retries = settings.retries } = registration;
    for (let failures = 1;; failures++) {
      if (lane.hasExpired(error)) break;
      if (signal.aborted && isEndedBy(error, signal.reason)) throw HALT;
      if (failures > retries || !registration.active) break;
      await rest(backoffWait(settings.backoff, failures), signal);
      try {
        const work = registration.handler(event, context);
        if (isPromise(work)) await lane.wait(work, this.#deadline(registration), event.type);
        return true;
      } catch (again) {
        error = again;
      }
    }
    await this.#failed(lane, error, event, context);
    return false;
  }

  async #failed(
    lane: Lane,
    error: unknown,
    event: AnyHandledEvent,
    context: AnyHandlerContext,
  ): Promise<void> {
    const { client, settings: { onHandlerError } } = this.#owner;
    if (onHandlerError !== undefined) {
      await this.tell(lane, "onHandlerError", () => onHandlerError(error, event, context));
    } else {
      client.log.error(`Cannot handle ${event.type} ${event.event_id ?? ""}: a handler failed`, error);
    }
  }

  #deadline({ handlerDeadline }: Registration): number {
    return handlerDeadline ?? this.#owner.settings.handlerDeadline;
  }
}

/** Waits, unless there is no time left for it. */
async function rest(wait: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(wait, { signal });
  } catch {
    throw HALT;
  }
}

function isEvent(event: unknown): event is AnyHandledEvent {
  if (typeof event !== "object" || event === null) return false;
  const { type, content } = event as { type?: unknown; content?: unknown };
  return typeof type === "string" && isJsonObject(content);
}

function isPromise(work: unknown): work is PromiseLike<unknown> {
  return typeof work === "object" && work !== null && typeof (work as { then?: unknown }).then === "function";
}
