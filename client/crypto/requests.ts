import { CryptoError, MatrixError, MatrixRequestError } from "../../http/errors/base.ts";
import type { Method } from "../../http/options.ts";
import { path } from "../../http/request.ts";
import type { RetryPolicy } from "../../http/retry.ts";
import { fieldsOf, isJsonObject } from "../../types/json.ts";
import type { ClientAPI } from "../client_api.ts";
import { sessionError } from "../sync/retry.ts";
import type { CryptoEngine, CryptoRequest } from "./engine.ts";
import { Lock } from "./lock.ts";
import type { Rows } from "./rows.ts";

/** Limits of a request. It ends before a lock stops waiting for it. */
const RETRY: RetryPolicy = { limit: 2, maxRetryAfter: 20_000 };
const DEADLINE = 15_000;
/** The number of times that the engine is asked for requests. Responses can cause further ones. */
const ROUNDS = 5;
/** The key of the row that exists while keys are uploaded: the number of keys that the homeserver had before. */
const UPLOADING = "uploading";
const ALGORITHM = "signed_curve25519";

/**
 * Thrown if the homeserver has a one-time key with another value than the crypto store: the store was restored from an
 * older copy. Ends the sync.
 */
export class CryptoStoreOutdated extends CryptoError {
  /** Name of the class. */
  static override get name(): string {
    return "CryptoStoreOutdated";
  }

  /** Creates an error. */
  constructor() {
    super(
      "Cannot use the crypto store: it is older than the keys that the homeserver has of this device. Sign in again " +
        "as a new device, with a new store",
    );
  }
}

/** A request that failed. */
export interface FailedRequest {
  /** The kind of the request. */
  readonly kind: CryptoRequest["kind"];
  /** The error. */
  readonly error: unknown;
}

/** Sends the requests of an engine. Their bodies hold keys, so they are in no log and no error. */
export class RequestSender {
  readonly #engine: CryptoEngine;
  readonly #rows: Rows;
  readonly #client: () => ClientAPI;
  readonly #lock = new Lock();
  readonly #claims = new Lock();
  /** The error after which nothing may be sent any more. */
  failure: CryptoStoreOutdated | undefined;
  /** The number of one-time keys that the homeserver has, as far as it is known. */
  keyCount = 0;
  /** The number of `keys/query` responses, after which the devices of users may be others. */
  queries = 0;

  /**
   * Creates a sender.
   *
   * @param engine The engine.
   * @param rows The rows of the driver.
   * @param client Returns the client to send with.
   */
  constructor(engine: CryptoEngine, rows: Rows, client: () => ClientAPI) {
    this.#engine = engine;
    this.#rows = rows;
    this.#client = client;
  }

  /** Whether nothing is being sent. */
  get isIdle(): boolean {
    return this.#lock.isFree;
  }

  /**
   * Sends all that the engine wants to send.
   *
   * @returns The requests that failed. The engine returns them again the next time.
   * @throws {CryptoError} If the engine fails, or its store is outdated.
   * @throws {MUnknownToken} And other errors that end a session.
   */
  async flush(signal: AbortSignal | undefined): Promise<FailedRequest[]> {
    return await this.#lock.run(async () => {
      const failed = new Map<string, FailedRequest>();
      for (let round = 0; round < ROUNDS; round++) {
        const requests = (await this.#engine.outgoing()).filter(({ id }) => !failed.has(id));
        if (requests.length === 0) break;
        // Unknown devices are not trusted, so they are requested first.
        const isQuery = ({ kind }: CryptoRequest) => kind === "keysQuery";
        for (
          const request of [
            ...requests.filter(isQuery),
            ...requests.filter((request) => !isQuery(request)),
          ]
        ) {
          try {
            await this.send(request, signal);
          } catch (error) {
            signal?.throwIfAborted();
            const final = sessionError(error);
            if (final !== undefined) throw final;
            if (error instanceof CryptoError || !(error instanceof MatrixError)) throw error;
            failed.set(request.id, { kind: request.kind, error });
          }
          this.#lock.touch();
        }
      }
      return [...failed.values()];
    });
  }

  /**
   * Claims missing one-time keys of the devices of users. One claim follows the other, because the engine repeats a
   * claim whose response it has not seen.
   */
  async claim(users: readonly CryptoEngine["userId"][], signal: AbortSignal | undefined): Promise<void> {
    await this.#claims.run(async () => {
      const request = await this.#engine.claim(users);
      if (request !== undefined) await this.send(request, signal);
    });
  }

  /**
   * Sends a request, and passes the response to the engine.
   *
   * @returns The response.
   */
  async send(request: CryptoRequest, signal: AbortSignal | undefined): Promise<unknown> {
    const response = request.kind === "keysUpload"
      ? await this.#upload(request, signal)
      : await this.#request(request, signal);
    await this.#engine.sent(request, response);
    if (request.kind === "keysQuery") this.queries++;
    return response;
  }

  /**
   * Uploads keys. Not repeated after a lost response: a key that was claimed in the meantime would be used twice.
   */
  async #upload(request: CryptoRequest, signal: AbortSignal | undefined): Promise<unknown> {
    const before = this.#rows.get(UPLOADING);
    if (before !== undefined) {
      const response = await this.#request({ ...request, body: "{}" }, signal, true);
      if (this.#count(response) > Number(before)) return await this.#uploaded(response);
    } else {
      this.#rows.set(UPLOADING, String(this.keyCount));
      await this.#rows.save();
    }
    try {
      return await this.#uploaded(await this.#request(request, signal));
    } catch (error) {
      // The homeserver has refused the request, so the next attempt is the first one.
      if (error instanceof MatrixRequestError && error.status < 500) this.#rows.set(UPLOADING, undefined);
      throw error;
    }
  }

  async #uploaded(response: unknown): Promise<unknown> {
    this.keyCount = this.#count(response);
    this.#rows.set(UPLOADING, undefined);
    await this.#rows.save();
    return response;
  }

  #count(response: unknown): number {
    const count = fieldsOf(fieldsOf(response).one_time_key_counts)[ALGORITHM];
    return typeof count === "number" ? count : 0;
  }

  async #request(
    request: CryptoRequest,
    signal: AbortSignal | undefined,
    repeatable?: boolean,
  ): Promise<unknown> {
    const [method, target, isRepeatable] = endpointOf(request);
    const { api } = this.#client();
    try {
      const response = await api.request(method, target, {
        body: request.body,
        params: request.kind === "backup" ? { version: request.version } : undefined,
        sensitive: "values",
        repeatable: repeatable ?? isRepeatable,
        deadline: DEADLINE,
        // keys/query and keys/claim wait for other homeservers.
        serverTimeout: 10_000,
        retry: RETRY,
        signal,
      });
      return isJsonObject(response) ? response : {};
    } catch (error) {
      if (request.kind === "keysUpload" && error instanceof MatrixRequestError && isOutdated(error)) {
        throw this.failure = new CryptoStoreOutdated();
      }
      throw error;
    }
  }
}

/** Returns method, path, and whether a repetition is harmless. */
function endpointOf(
  { kind, eventType = "", txnId = "", roomId = "" }: CryptoRequest,
): [Method, string, boolean] {
  switch (kind) {
    case "keysUpload":
      return ["POST", "/_matrix/client/v3/keys/upload", false];
    case "keysQuery":
      return ["POST", "/_matrix/client/v3/keys/query", true];
    case "keysClaim":
      return ["POST", "/_matrix/client/v3/keys/claim", false];
    case "signatures":
      return ["POST", "/_matrix/client/v3/keys/signatures/upload", true];
    case "backup":
      return ["PUT", "/_matrix/client/v3/room_keys/keys", true];
    case "toDevice":
      return ["PUT", path`/_matrix/client/v3/sendToDevice/${eventType}/${txnId}`, true];
    case "roomMessage":
      return ["PUT", path`/_matrix/client/v3/rooms/${roomId}/send/${eventType}/${txnId}`, true];
  }
}

/** Whether the homeserver refuses a key because it has another one with the same ID. There is no error code for that. */
function isOutdated({ status, body }: MatrixRequestError): boolean {
  return status === 400 && /one.?time key .*already exists/is.test(String(fieldsOf(body).error));
}
