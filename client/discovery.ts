import { unlessAborted } from "../http/deadline.ts";
import { checkSignal, given } from "../http/validate.ts";
import {
  MatrixConnectionError,
  MatrixError,
  MatrixRequestError,
  MatrixResponseError,
} from "../http/errors/base.ts";
import { HTTPAPI, type HTTPAPIOptions } from "../http/http_api.ts";
import type { Fetch, RequestOptions } from "../http/options.ts";
import { required } from "../http/response_fields.ts";
import { namesItself } from "../http/headers.ts";
import {
  WellKnownError,
  WellKnownInvalidVersionsResponse,
  WellKnownMissingHomeserver,
  WellKnownNotJSON,
  WellKnownNotURL,
  WellKnownUnexpectedStatus,
  WellKnownUnsupportedScheme,
} from "../http/errors/discovery.ts";
import type { VersionsResponse } from "./content/versions.ts";
import { BaseClientAPI, refuseTimestamp } from "./base.ts";
import { baseUrlIn, parseServerUrl } from "./server_url.ts";

/** Options of {@linkcode DiscoveryMethods.prototype.versions}. */
export interface VersionsOptions extends RequestOptions {
  /**
   * Whether to ask the homeserver even if its answer is known.
   *
   * @default {false}
   */
  noCache?: boolean | undefined;
}

/**
 * Options of {@linkcode DiscoveryMethods.discover}: request options and some of a transport's. `headers` and `query`
 * go to the server of the name only, not to where it points.
 */
export interface DiscoverOptions
  extends RequestOptions, Pick<HTTPAPIOptions, "fetch" | "log" | "hooks" | "userAgent"> {
}

/** A request for versions that several calls wait for. */
interface Flight {
  readonly key: string;
  readonly options: VersionsOptions;
  readonly controller: AbortController;
  readonly answer: Promise<VersionsResponse>;
  waiting: number;
}

/** Options in which calls have to agree to share a request. */
const SHARED: readonly (keyof RequestOptions)[] = ["deadline", "retry", "headers", "query", "timestamp"];

/** The most that is read of an answer on the way to the homeserver, in bytes: whose server that is, nobody knows yet. */
const MAX_DISCOVERY_SIZE = 256 * 1024;

/** Finding the homeserver and what it can do. */
export abstract class DiscoveryMethods extends BaseClientAPI {
  #versions: { key: string; answer: VersionsResponse } | undefined;
  #flight: Flight | undefined;

  /**
   * What the homeserver supports, as it last said; `undefined` as long as it was not asked, or with another base URL or
   * token. Assigning spares the question where somebody else has asked, for the same homeserver.
   */
  get versionsCache(): VersionsResponse | undefined {
    return this.#versions?.key === this.#versionsKey() ? this.#versions.answer : undefined;
  }

  set versionsCache(value: VersionsResponse | undefined) {
    this.#versions = value && { key: this.#versionsKey(), answer: value };
  }

  /**
   * Gets the versions of the specification and the experimental features that the homeserver supports. The answer is
   * kept, until base URL or token change; calls that come while it is on its way share it.
   *
   * `supportsVersion()` and kin tell what is in it.
   *
   * @example Asking once
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { supportsAtLeast } from "@mtx/client";
   * import { assert, assertStrictEquals } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org" });
   * const versions = await client.versions();
   * assert(supportsAtLeast(versions, "v1.1"));
   * assertStrictEquals(await client.versions(), versions);
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientversions
   * @param options Request options, and whether to ask anew. A failed request leaves what is known as it is.
   * @returns The answer as it stood on the wire.
   * @throws {MatrixResponseError} If the answer holds no versions, or one that is no string.
   */
  async versions(options?: VersionsOptions): Promise<VersionsResponse> {
    const { noCache, signal } = given(options);
    checkSignal(signal);
    if (noCache) return await this.#fetchVersions(this.#versionsKey(), options);
    return this.versionsCache ?? await this.#shareVersions(options ?? {});
  }

  /**
   * Finds the homeserver of a server name, as it stands in user IDs.
   *
   * @example From a user ID to a client
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { assertEquals } from "@std/assert";
   *
   * const [, serverName] = ClientAPI.parseUserId("@alice:example.org");
   * const baseUrl = await ClientAPI.discover(serverName) ?? `https://${serverName}`;
   * assertEquals(String(baseUrl), "https://matrix.example.org/");
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#well-known-uri
   * @param domain The server name. A port in it is left out, as the specification says.
   * @param options Request options, and what does the requests.
   * @returns The homeserver's base URL; `null` if the server has no well-known file.
   * @throws {WellKnownError} If anything goes wrong on the way. If a connection was lost or too slow, the `cause` is a
   * {@linkcode MatrixConnectionError}.
   * @throws {TypeError} If the server name cannot be one.
   */
  static async discover(domain: string, options?: DiscoverOptions): Promise<URL | null> {
    const { fetch, log, hooks, userAgent, headers: _headers, query: _query, ...rest } = given(options);
    refuseTimestamp(rest, "discovery has no `ts` parameter");
    let head: Response | undefined;
    const watched: Fetch = async (url, init) => head = await (fetch ?? globalThis.fetch)(url, init);
    const transport = (baseUrl: string | URL) =>
      new HTTPAPI({
        baseUrl,
        fetch: watched,
        log,
        hooks,
        userAgent: userAgent ?? (fetch || namesItself() ? undefined : HTTPAPI.defaultUserAgent),
        maxResponseSize: MAX_DISCOVERY_SIZE,
      });

    let document: unknown;
    const server = transport(`https://${hostName(domain)}`);
    try {
      document = await server.request("GET", "/.well-known/matrix/client", options);
    } catch (error) {
      if (!(error instanceof MatrixError)) throw error;
      throwUnlessMissing(error, head?.status);
      return null;
    }
    if (head?.status !== 200) throw new WellKnownUnexpectedStatus(head?.status ?? 0);

    const baseUrl = baseUrlIn(document);
    if (baseUrl === undefined || baseUrl === null) throw new WellKnownMissingHomeserver();
    const { url, scheme } = parseServerUrl(baseUrl);
    if (url === undefined) {
      throw scheme === undefined ? new WellKnownNotURL() : new WellKnownUnsupportedScheme(scheme);
    }

    try {
      checkVersions(await transport(url).request("GET", "/_matrix/client/versions", rest), true);
    } catch (error) {
      throw error instanceof MatrixError ? new WellKnownInvalidVersionsResponse({ cause: error }) : error;
    }
    const type = head.headers.get("content-type") ?? "";
    if (!/^application\/(?:[^\s;]+\+)?json\s*(?:;|$)/i.test(type)) {
      throw new WellKnownInvalidVersionsResponse();
    }
    return url;
  }

  async #fetchVersions(key: string, options: RequestOptions | undefined): Promise<VersionsResponse> {
    const answer = checkVersions(await this.request("GET", "/_matrix/client/versions", options));
    // What was asked with another token must not push out what has come since.
    if (key === this.#versionsKey()) this.#versions = { key, answer };
    return answer;
  }

  async #shareVersions(options: VersionsOptions): Promise<VersionsResponse> {
    const key = this.#versionsKey();
    let flight = this.#flight;
    if (flight?.key !== key || SHARED.some((name) => flight?.options[name] !== options[name])) {
      flight = this.#startFlight(key, options);
    }
    flight.waiting++;
    try {
      return await unlessAborted(flight.answer, options.signal);
    } finally {
      // A request that nobody waits for any more is given up.
      if (--flight.waiting === 0) {
        if (this.#flight === flight) this.#flight = undefined;
        flight.controller.abort();
      }
    }
  }

  #startFlight(key: string, options: VersionsOptions): Flight {
    const controller = new AbortController();
    const answer = this.#fetchVersions(key, { ...options, signal: controller.signal });
    // Whoever waits gets to know; when nobody does, nobody wants to.
    answer.catch(() => {});
    return this.#flight = { key, options, controller, answer, waiting: 0 };
  }

  #versionsKey(): string {
    return `${this.api.token}\n${this.api.baseUrl}`;
  }
}

/** Makes sure that an answer names versions. */
function checkVersions(answer: unknown, some = false): VersionsResponse {
  const versions = required(answer, "versions", "array");
  if (!versions.every((version) => typeof version === "string")) {
    throw new MatrixResponseError("Invalid `versions` in response: expected array of strings");
  }
  if (some && versions.length === 0) throw new MatrixResponseError("Invalid `versions` in response: empty");
  return answer as VersionsResponse;
}

/** Takes the host name out of a server name: without the port. */
function hostName(domain: string): string {
  const match = typeof domain === "string" &&
    /^(\[[\da-f:.]+\]|[^\s.:/?#@\\%[\]][^\s:/?#@\\%[\]]*)(?::\d{1,5})?$/i.exec(domain);
  if (match && URL.canParse(`https://${match[1]}`)) return match[1]!;
  throw new TypeError("Cannot look for the homeserver: the domain must be a server name");
}

/** Throws what went wrong with the well-known file, unless it is just not there. */
function throwUnlessMissing(cause: MatrixError, status: number | undefined): void {
  if (cause instanceof MatrixRequestError) {
    if (cause.status === 404) return;
    throw new WellKnownUnexpectedStatus(cause.status, { cause });
  }
  if (cause instanceof MatrixConnectionError) throw new WellKnownError(cause.message, { cause });
  if (status !== undefined && status !== 200) throw new WellKnownUnexpectedStatus(status, { cause });
  throw new WellKnownNotJSON({ cause });
}
