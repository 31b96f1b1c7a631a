import type { ClientAPI } from "../client_api.ts";
import type { CryptoEngine, CryptoRequest } from "./engine.ts";
import type { CryptoSettings } from "./options.ts";

/** The engine and the connected client, which the parts of a driver share. */
export interface CryptoConnection {
  /** The engine. */
  readonly engine: CryptoEngine;
  /** The client to send with. Throws a `TypeError` while there is none. */
  readonly client: ClientAPI;
  /** The options of the client. */
  readonly options: CryptoSettings;
  /**
   * Sends all that the engine wants to send, now.
   *
   * @throws The error of the first request that failed.
   */
  flush(signal?: AbortSignal): Promise<void>;
  /** Sends one request that the engine has returned, and passes the response to the engine. Returns the response. */
  send(request: CryptoRequest, signal?: AbortSignal): Promise<unknown>;
}
