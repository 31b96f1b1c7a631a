import { delay } from "@std/async/delay";
import { unlessAborted } from "../../http/deadline.ts";
import { MatrixResponseError } from "../../http/errors/base.ts";
import { isJsonObject } from "../../http/json_object.ts";
import type { Filter, RoomEventFilter } from "../../types/filter.ts";
import type { FilterID, RoomID, SyncToken, UserID } from "../../types/identifiers.ts";
import type { PaginatedMessages } from "../../types/responses.ts";
import type { SyncResponse } from "../../types/sync.ts";
import type { ClientAPI } from "../client_api.ts";
import type { GetMessagesOptions } from "../messages.ts";
import { ONE_ATTEMPT, Patience } from "./patience.ts";
import type { Settings } from "./settings.ts";
import type { SyncState, SyncStateName } from "./state.ts";
import type { SyncStore } from "./stores.ts";
import { type Stall, Watchdog } from "./watchdog.ts";

/** What a stream needs to know of where it runs. */
export interface StreamOwner {
  /** Sends what is to be sent. */
  readonly client: ClientAPI;
  /** What the user wants. */
  readonly settings: Settings;
  /** Where the token is. */
  readonly store: SyncStore;
  /** IDs of the filters that were made so far. */
  readonly filters: Map<string, FilterID>;
  /** Ends everything. */
  readonly signal: AbortSignal;
  /** How many times to try again, of what can cure itself. */
  readonly limit: number;
  /** Told of each change. */
  readonly tell: (state: SyncState) => void;
}

/** One poll after the other, from the stored token on. */
export class SyncStream {
  /** The token up to which everything was handled. */
  since: SyncToken | undefined;
  /** How many times in a row the last thing asked for has failed. */
  failures = 0;
  /** Whether the last answer was asked for with all state. */
  fullState = false;
  readonly #owner: StreamOwner;
  readonly #patience: Patience;
  readonly #watchdog = new Watchdog();
  #filterId: FilterID | undefined;
  #made: string | undefined;
  #wantsState: boolean;
  /** Where the last answer leads to. The answer itself is not kept: it is as large as it likes. */
  #next: SyncToken | undefined;
  #stall: Stall | undefined;
  #told: SyncStateName = "stopped";
  #answered = false;
  #polling = false;
  #self: Promise<UserID> | undefined;
  #fetched: Promise<Filter> | undefined;

  constructor(owner: StreamOwner) {
    this.#owner = owner;
    this.#wantsState = owner.settings.fullState ?? false;
    this.#patience = new Patience(owner.signal, owner.settings.backoff, owner.limit, (failure) => {
      this.failures = failure.failures;
      this.#tell("waiting", failure);
    }, () => {
      this.failures = 0;
      if (!this.#polling) this.#tell(this.#answered ? "syncing" : "starting");
    });
  }

  /** Ends everything. */
  get signal(): AbortSignal {
    return this.#owner.signal;
  }

  /**
   * Finds out where to begin, and makes the filter.
   *
   * @throws What the store fails with, what the homeserver refuses with, or the signal's reason.
   */
  async open(): Promise<void> {
    const { settings, store, signal } = this.#owner;
    this.#tell("starting");
    signal.throwIfAborted();
    // Whoever wants to stop need not wait for a store that does not answer. Writing is waited for.
    const stored = async () => await store.get();
    this.since = settings.since || checkToken(await unlessAborted(stored(), signal));
    const { filter } = settings;
    if (typeof filter === "object") this.#filterId = await this.#makeFilter(filter);
    else this.#filterId = filter || undefined;
  }

  /**
   * Asks for what is new, until there is an answer.
   *
   * @throws What ends a sync, or the signal's reason.
   */
  async poll(): Promise<SyncResponse> {
    const { client, settings, signal } = this.#owner;
    await this.#slowDown();
    const { timeout, setPresence } = settings;
    const { since } = this;
    const fullState = this.#wantsState;
    let start = 0;
    this.#polling = true;
    const answer = await this.#patience.ask(timeout + client.api.deadline, async () => {
      start = performance.now();
      return checkAnswer(
        await client.sync({ since, timeout, filterId: this.#filterId, fullState, setPresence, signal }),
      );
    });
    const took = performance.now() - start;
    this.#polling = this.#wantsState = false;
    this.#next = answer.next_batch;
    this.#answered = true;
    this.fullState = fullState;
    this.#stall = this.#watchdog.look({ since, answer, took, timeout, fullState });
    if (this.#stall?.tell !== true && this.#told !== "syncing") this.#tell("syncing");
    return answer;
  }

  /**
   * Keeps the token of the last answer, which was handled.
   *
   * @throws What the store fails with.
   */
  async commit(): Promise<void> {
    const token = this.#next;
    if (token === undefined) return;
    await this.#owner.store.set(token);
    this.since = token;
  }

  /** Waits after an answer that led nowhere. */
  async #slowDown(): Promise<void> {
    const stall = this.#stall;
    if (stall === undefined) return;
    this.#stall = undefined;
    if (stall.tell) this.#tell("stalled", { wait: stall.wait });
    await delay(stall.wait, { signal: this.#owner.signal });
  }

  /** Forgets the filter's ID, so that another run makes it anew. */
  forgetFilter(): void {
    if (this.#made !== undefined) this.#owner.filters.delete(this.#made);
  }

  /**
   * Gets the user's own ID: the client's, else the one that the homeserver names.
   *
   * @throws What ends a sync, or the signal's reason.
   */
  async ownUserId(): Promise<UserID> {
    const { client, signal } = this.#owner;
    return client.mxid ?? await (this.#self ??= this.#patience.ask(client.api.deadline, async () => {
      const { user_id: userId } = await client.whoami({ signal, retry: ONE_ATTEMPT });
      try {
        client.mxid = userId;
      } catch (cause) {
        throw new MatrixResponseError("Invalid `user_id` in response: no user ID", { cause });
      }
      return userId;
    }));
  }

  /**
   * Gets a page of a room's history, backwards, of what the filter lets through.
   *
   * @throws The refusal, what ends a sync, or the signal's reason.
   */
  async page(roomId: RoomID, options: GetMessagesOptions): Promise<PaginatedMessages> {
    const { client, signal } = this.#owner;
    const filter = await this.#timelineFilter();
    return await this.#patience.ask(
      client.api.deadline,
      () => client.getMessages(roomId, "b", { ...options, filter, signal, retry: ONE_ATTEMPT }),
      1,
    );
  }

  /**
   * Whether answers may hold a member event although nothing has changed about it.
   *
   * @throws The refusal, what ends a sync, or the signal's reason.
   */
  async repeatsMembers(): Promise<boolean> {
    const { room } = await this.#filter() ?? {};
    return (room?.state?.lazy_load_members || room?.timeline?.lazy_load_members) === true;
  }

  async #timelineFilter(): Promise<RoomEventFilter | undefined> {
    return (await this.#filter())?.room?.timeline;
  }

  /** The filter itself, which the homeserver has to be asked for where only its ID is known. */
  async #filter(): Promise<Filter | undefined> {
    const { client, settings: { filter }, signal } = this.#owner;
    if (typeof filter === "object") return filter;
    if (!filter) return undefined;
    if (filter.startsWith("{")) return JSON.parse(filter);
    await this.ownUserId();
    this.#fetched ??= this.#patience.ask(
      client.api.deadline,
      () => client.getFilter(filter, { signal, retry: ONE_ATTEMPT }),
      1,
    );
    return await this.#fetched;
  }

  async #makeFilter(filter: Filter): Promise<FilterID> {
    const { client, filters, signal } = this.#owner;
    const userId = await this.ownUserId();
    const key = `${client.api.baseUrl} ${userId} ${JSON.stringify(filter)}`;
    this.#made = key;
    const known = filters.get(key);
    if (known !== undefined) return known;
    const made = await this.#patience.ask(
      client.api.deadline,
      () => client.createFilter(filter, { signal, retry: ONE_ATTEMPT }),
    );
    filters.set(key, made);
    return made;
  }

  #tell(state: SyncStateName, more: Partial<SyncState> = {}): void {
    this.#told = state;
    this.#owner.tell({ state, since: this.since, failures: 0, ...more });
  }
}

/** Makes sure that what a store gave is a token, or none. */
function checkToken(token: unknown): SyncToken | undefined {
  if (token === undefined || token === null || token === "") return undefined;
  if (typeof token === "string") return token;
  throw new TypeError("Cannot sync: what the store gave is no token");
}

/**
 * Makes sure that an answer can be gone on from.
 *
 * @throws {MatrixResponseError} If it holds no token that can be sent back.
 */
function checkAnswer(answer: SyncResponse): SyncResponse {
  const token = isJsonObject(answer) ? answer.next_batch : undefined;
  if (typeof token !== "string" || token === "") {
    throw new MatrixResponseError("`next_batch` not in response.");
  }
  try {
    encodeURIComponent(token);
  } catch (cause) {
    throw new MatrixResponseError("Invalid `next_batch` in response: cannot be sent back", { cause });
  }
  return answer;
}
