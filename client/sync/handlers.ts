import { given } from "../../http/validate.ts";
import type { AnyHandledEvent, AnyHandlerContext } from "./handler_types.ts";
import type { HandlerOptions } from "./options.ts";
import { checkHandlerOptions, originMask } from "./settings.ts";

/** A handler, and what was said of it. What was not said is up to the run. */
export interface Registration {
  /** The type of event it takes, or `*`. */
  readonly type: string;
  readonly handler: (event: AnyHandledEvent, context: AnyHandlerContext) => unknown;
  readonly own: boolean | undefined;
  /** Where it takes events from. */
  readonly mask: number | undefined;
  readonly retries: number | undefined;
  readonly handlerDeadline: number | undefined;
  /** Whether it has not been taken off. */
  active: boolean;
}

const NONE: readonly Registration[] = [];

/** The handlers of a client, in the order in which they came. */
export class Handlers {
  /** Lists are replaced, never changed: whoever goes through one is not disturbed. */
  #all: readonly Registration[] = NONE;
  #any: readonly Registration[] = NONE;
  /** Only types that have handlers of their own, so that what a homeserver sends does not make it grow. */
  readonly #byType = new Map<string, readonly Registration[]>();
  /** The places that any handler has named. */
  #named = 0;
  /** Whether any handler has named none. */
  #unnamed = false;

  /**
   * Adds a handler.
   *
   * @returns Takes it off again.
   * @throws {RangeError} If a number is out of its range.
   * @throws {TypeError} If the type is no string, the handler no function, or there is no such place.
   */
  add(
    type: string,
    handler: Registration["handler"],
    options: HandlerOptions | null | undefined,
  ): () => void {
    if (typeof type !== "string" || type === "") {
      throw new TypeError('Cannot add the handler: the type must be an event type, or "*"');
    }
    if (typeof handler !== "function") throw new TypeError("Cannot add the handler: it is no function");
    const { own, from, retries, handlerDeadline } = given(options);
    checkHandlerOptions({ own, retries, handlerDeadline });
    const registration: Registration = {
      type,
      handler,
      own: own ?? undefined,
      mask: from === undefined || from === null ? undefined : originMask(from),
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

  /** Those that may take events of a type. */
  of(type: string): readonly Registration[] {
    return this.#byType.get(type) ?? this.#any;
  }

  /**
   * Whether any handler takes events from there.
   *
   * @param origin The place's bit.
   * @param standard Where those take events from that do not say themselves.
   */
  want(origin: number, standard: number): boolean {
    return ((this.#named | (this.#unnamed ? standard : 0)) & origin) !== 0;
  }

  #replace(all: readonly Registration[]): void {
    this.#all = all;
    this.#any = all.filter(({ type }) => type === "*");
    this.#named = all.reduce((union, { mask }) => union | (mask ?? 0), 0);
    this.#unnamed = all.some(({ mask }) => mask === undefined);
    this.#byType.clear();
    for (const { type } of all) {
      if (type === "*" || this.#byType.has(type)) continue;
      this.#byType.set(type, all.filter((other) => other.type === type || other.type === "*"));
    }
  }
}
