import {
  MatrixConnectionError,
  MatrixError,
  MatrixRequestError,
  MatrixResponseError,
  WellKnownError,
  WellKnownInvalidVersionsResponse,
  WellKnownMissingHomeserver,
  WellKnownNotJSON,
  WellKnownNotURL,
  WellKnownUnexpectedStatus,
  WellKnownUnsupportedScheme,
} from "../http/errors/base.ts";
import { HTTPAPI, type HTTPAPIOptions } from "../http/http_api.ts";
import type { Fetch, RequestOptions } from "../http/options.ts";
import { isBrowser } from "../http/request.ts";
import { objectResponse, required } from "../http/response.ts";
import { baseUrlIn, checkSignal, given, parseServerUrl } from "../http/validate.ts";
import type { Capabilities, SupportInformation } from "../types/account.ts";
import type { OpenObject } from "../types/json.ts";
import type { TurnServerResponse } from "../types/responses.ts";
import { BaseClientAPI, refuseTimestamp } from "./base.ts";

/** Options of {@linkcode DiscoveryMethods.prototype.versions}. */
export interface VersionsOptions extends RequestOptions {
  /**
   * Whether to send the request even if the response is cached.
   *
   * @default {false}
   */
  noCache?: boolean | undefined;
}

/**
 * Options of {@linkcode DiscoveryMethods.discover}: request options, and some options of the transport. `headers` and
 * `query` are sent to the server of the domain only, not to the homeserver that it names.
 */
export interface DiscoverOptions
  extends RequestOptions, Pick<HTTPAPIOptions, "fetch" | "log" | "hooks" | "userAgent"> {
}

/** Maximum size of a discovery response in bytes. The server is not known to be a homeserver yet. */
const MAX_DISCOVERY_SIZE = 256 * 1024;

/** Discovery of the homeserver and of the versions that it supports. */
export abstract class DiscoveryMethods extends BaseClientAPI {
  #versions: { key: string; response: VersionsResponse } | undefined;

  /**
   * The cached `/versions` response. It is `undefined` until the first request, and after the base URL or the token
   * changes. Assign it to use a response that another client has received from the same homeserver.
   */
  get versionsCache(): VersionsResponse | undefined {
    return this.#versions?.key === this.#versionsKey() ? this.#versions.response : undefined;
  }

  set versionsCache(value: VersionsResponse | undefined) {
    this.#versions = value && { key: this.#versionsKey(), response: value };
  }

  /**
   * Gets the versions of the specification and the experimental features that the homeserver supports.
   *
   * The response is cached until the base URL or the token changes. Calls that start before the first response has
   * arrived send a request each. `supportsVersion()` and `supportsAtLeast()` evaluate the response.
   *
   * @example Using the cache
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
   * @param options Whether to ignore the cache, and request options. A failed request leaves the cache unchanged.
   * @returns The response with `versions` and `unstable_features`, unchanged from the server.
   * @throws {MatrixResponseError} If the response has no `versions`, or one of them is not a string.
   */
  async versions(options?: VersionsOptions): Promise<VersionsResponse> {
    const { noCache, signal } = given(options);
    checkSignal(signal);
    refuseTimestamp(options, "GET /_matrix/client/versions has no `ts` parameter");
    const cached = this.versionsCache;
    if (cached !== undefined && !noCache) return cached;
    const key = this.#versionsKey();
    const response = checkVersions(await this.request("GET", "/_matrix/client/versions", options));
    // A response to another token must not replace one that belongs to the present token.
    if (key === this.#versionsKey()) this.#versions = { key, response };
    return response;
  }

  /**
   * Finds the homeserver of a server name, which is the part of a user ID after the first colon.
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
   * @param domain The server name. A port in it is ignored, as the specification requires.
   * @param options Request options, and options of the transport.
   * @returns The base URL of the homeserver; `null` if the server has no well-known document.
   * @throws {WellKnownError} If discovery fails. After a lost connection or a timeout its `cause` is a
   * {@linkcode MatrixConnectionError}.
   * @throws {TypeError} If the domain is not a server name.
   */
  static async discover(domain: string, options?: DiscoverOptions): Promise<URL | null> {
    const {
      headers: _headers,
      query: _query,
      fetch: _fetch,
      log: _log,
      hooks: _hooks,
      userAgent: _agent,
      ...rest
    } = given(options);
    const document = await readWellKnown("client", domain, options);
    if (document === undefined) return null;

    const baseUrl = baseUrlIn(document);
    if (baseUrl === undefined || baseUrl === null) throw new WellKnownMissingHomeserver();
    const { url, scheme } = parseServerUrl(baseUrl);
    if (url === undefined) {
      throw scheme === undefined ? new WellKnownNotURL() : new WellKnownUnsupportedScheme(scheme);
    }

    try {
      checkVersions(await transport(url, options).request("GET", "/_matrix/client/versions", rest), true);
    } catch (error) {
      throw error instanceof MatrixError ? new WellKnownInvalidVersionsResponse({ cause: error }) : error;
    }
    return url;
  }

  /**
   * Gets the contacts for help with a homeserver.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#getwell-knownmatrixsupport
   * @param domain The server name. A port in it is ignored, as the specification requires.
   * @param options Request options, and options of the transport.
   * @returns Contacts and the page with help; `null` if the server has no such document.
   * @throws {WellKnownError} If the document cannot be read.
   * @throws {TypeError} If the domain is not a server name.
   */
  static async discoverSupport(
    domain: string,
    options?: DiscoverOptions,
  ): Promise<SupportInformation | null> {
    const document = await readWellKnown("support", domain, options);
    return document === undefined ? null : objectResponse<SupportInformation>(document);
  }

  /**
   * Finds the public keys of a policy server, for the content of `m.room.policy`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#getwell-knownmatrixpolicy_server
   * @param domain The server name. A port in it is ignored, as the specification requires.
   * @param options Request options, and options of the transport.
   * @returns The keys by algorithm, unpadded base64; `null` if the server has no such document.
   * @throws {WellKnownError} If the document cannot be read.
   * @throws {MatrixResponseError} If the document has no `public_keys`.
   * @throws {TypeError} If the domain is not a server name.
   */
  static async discoverPolicyServer(
    domain: string,
    options?: DiscoverOptions,
  ): Promise<Record<string, string> | null> {
    const document = await readWellKnown("policy_server", domain, options);
    if (document === undefined) return null;
    return required(document as { public_keys: Record<string, string> }, "public_keys", "object");
  }

  /**
   * Gets what the homeserver lets the user do.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3capabilities
   * @param options Request options.
   * @returns The capabilities. One that is missing has its default: `m.change_password`, `m.3pid_changes` and
   * `m.set_displayname` count as allowed, `m.get_login_token` does not.
   */
  async getCapabilities(options?: RequestOptions): Promise<Capabilities> {
    const response = await this.request<{ capabilities: Capabilities }>(
      "GET",
      "/_matrix/client/v3/capabilities",
      options,
    );
    return required(response, "capabilities", "object");
  }

  #versionsKey(): string {
    const { auth, token, baseUrl } = this.api;
    // All tokens of a source belong to the same user.
    return `${auth === undefined ? token : ""}\n${baseUrl}`;
  }
}

/** Checks that a response has versions; with `some`, at least one. */
function checkVersions(response: unknown, some = false): VersionsResponse {
  const versions = required(response, "versions", "array");
  if (!versions.every((version) => typeof version === "string")) {
    throw new MatrixResponseError("Invalid `versions` in response: expected array of strings");
  }
  if (some && versions.length === 0) throw new MatrixResponseError("Invalid `versions` in response: empty");
  return response as VersionsResponse;
}

/**
 * Reads a well-known document of a server.
 *
 * @returns The document; `undefined` if the server has none. The status decides, because a 404 is often a page for people.
 */
async function readWellKnown(
  name: string,
  domain: string,
  options: DiscoverOptions | undefined,
): Promise<unknown> {
  refuseTimestamp(options, "discovery has no `ts` parameter");
  let head: Response | undefined;
  const observe = (response: Response) => head = response;
  const server = transport(`https://${hostName(domain)}`, options, observe);
  let document: unknown;
  try {
    document = await server.request("GET", `/.well-known/matrix/${name}`, options);
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    throwUnlessMissing(error, head?.status);
    return undefined;
  }
  if (head?.status !== 200) throw new WellKnownUnexpectedStatus(head?.status ?? 0);
  return document;
}

/** Creates the transport for a server whose documents are read before there is a client. */
function transport(
  baseUrl: string | URL,
  options: DiscoverOptions | undefined,
  observe?: (response: Response) => void,
): HTTPAPI {
  const { fetch, log, hooks, userAgent } = given(options);
  const observed: Fetch = async (url, init) => {
    const response = await (fetch ?? globalThis.fetch)(url, init);
    observe?.(response);
    return response;
  };
  return new HTTPAPI({
    baseUrl,
    fetch: observed,
    log,
    hooks,
    userAgent: userAgent ?? (fetch || isBrowser() ? undefined : HTTPAPI.defaultUserAgent),
    maxResponseSize: MAX_DISCOVERY_SIZE,
  });
}

/** Returns the host name in a server name, without the port. */
function hostName(domain: string): string {
  const match = typeof domain === "string" &&
    /^(\[[\da-f:.]+\]|[^\s.:/?#@\\%[\]][^\s:/?#@\\%[\]]*)(?::\d{1,5})?$/i.exec(domain);
  if (match && URL.canParse(`https://${match[1]}`)) return match[1]!;
  throw new TypeError("Cannot look for the homeserver: the domain must be a server name");
}

/** Throws the error of a well-known request, unless the document does not exist. */
function throwUnlessMissing(cause: MatrixError, status: number | undefined): void {
  if (cause instanceof MatrixRequestError) {
    if (cause.status === 404) return;
    throw new WellKnownUnexpectedStatus(cause.status, { cause });
  }
  if (cause instanceof MatrixConnectionError) throw new WellKnownError(cause.message, { cause });
  if (status !== undefined && status !== 200) throw new WellKnownUnexpectedStatus(status, { cause });
  throw new WellKnownNotJSON({ cause });
}

/** Servers for voice and video calls. */
export abstract class CallMethods extends DiscoveryMethods {
  /**
   * Gets credentials for the TURN server of the homeserver.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3voipturnserver
   * @param options Request options.
   * @returns URIs, user name and password, which are valid for `ttl` seconds. Synapse returns `{}` if it has no TURN
   * server.
   */
  async getTurnServer(options?: RequestOptions): Promise<TurnServerResponse> {
    return objectResponse(
      await this.request<TurnServerResponse>("GET", "/_matrix/client/v3/voip/turnServer", options),
    );
  }
}

/**
 * Versions of the specification, and the support of homeservers for them.
 *
 * @module
 */

/**
 * The response of `GET /_matrix/client/versions`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientversions
 */
export interface VersionsResponse extends OpenObject {
  /** The versions of the specification that the homeserver supports, such as `v1.11`. */
  versions: SpecVersions[];
  /** Experimental features by name, and whether they are enabled. */
  unstable_features?: Record<string, boolean>;
}

/**
 * A version of the specification, in the older form `r0.6.1`, the current form `v1.11`, or a future form.
 *
 * @see https://spec.matrix.org/v1.19/#specification-versions
 */
export type SpecVersions =
  | `v1.${number}`
  | "r0.6.1"
  | "r0.6.0"
  | "r0.5.0"
  | "r0.4.0"
  | "r0.3.0"
  | "r0.2.0"
  | "r0.1.0"
  | "r0.0.1"
  | (string & Record<never, never>);

/** The form of a version: `legacy` is `rX.Y.Z`, `modern` is `vX.Y`. */
export type VersionFormat = "unknown" | "legacy" | "modern";

/** A version of the specification, parsed by {@linkcode parseVersion}. */
export interface Version {
  /** The form of the version. */
  readonly format: VersionFormat;
  /** The first number; 0 for an unknown format. */
  readonly major: number;
  /** The second number; 0 for an unknown format. */
  readonly minor: number;
  /** The third number; 0 except for the legacy format. */
  readonly patch: number;
  /** The version as text, unchanged. */
  readonly raw: string;
}

/**
 * Parses a version.
 *
 * @param version A version: `v1.11`, `r0.6.1`, or anything else, which has the format `unknown`.
 * @returns The parts of the version.
 * @throws {TypeError} If the version is not a string.
 */
export function parseVersion(version: string): Version {
  if (typeof version !== "string") {
    throw new TypeError(`Cannot parse the version: it must be a string, received ${typeof version}`);
  }
  const [, letter, major, minor, patch] = /^([rv])(\d+)\.(\d+)(?:\.(\d+))?$/.exec(version) ?? [];
  const known = letter === (patch ? "r" : "v");
  return {
    format: !known ? "unknown" : patch ? "legacy" : "modern",
    major: known ? Number(major) : 0,
    minor: known ? Number(minor) : 0,
    patch: known ? Number(patch ?? 0) : 0,
    raw: version,
  };
}

const FORMATS = ["unknown", "legacy", "modern"];

/**
 * Compares two versions by format, then by their numbers, then as text.
 *
 * @param a A version.
 * @param b Another version.
 * @returns A negative number if `a` is lower than `b`, a positive number if it is higher, 0 if they are equal.
 * @throws {TypeError} If an argument is neither a string nor a version.
 */
export function compareVersions(a: Version | string, b: Version | string): number {
  const x = toVersion(a);
  const y = toVersion(b);
  return FORMATS.indexOf(x.format) - FORMATS.indexOf(y.format) || x.major - y.major || x.minor - y.minor ||
    x.patch - y.patch || (x.raw < y.raw ? -1 : Number(x.raw > y.raw));
}

/**
 * Returns whether a homeserver supports exactly this version, or this experimental feature.
 *
 * @example Checking a version and a feature
 * ```ts
 * import { supportsVersion } from "@mtx/client/client";
 * import { assertEquals } from "@std/assert";
 *
 * const versions = { versions: ["v1.1", "v1.11"], unstable_features: { "org.example.feature": false } };
 * assertEquals(supportsVersion(versions, "v1.11"), true);
 * assertEquals(supportsVersion(versions, "v1.2"), false);
 * assertEquals(supportsVersion(versions, "org.example.feature"), false);
 * assertEquals(supportsVersion(versions, "org.example.other"), undefined);
 * ```
 *
 * @param response The response of `versions()`.
 * @param thing A version, or the name of an experimental feature.
 * @returns For a version, whether it is listed. For a feature, whether it is enabled; `undefined` if it is not listed.
 * @throws {TypeError} If `thing` is neither a string nor a version.
 */
export function supportsVersion(response: VersionsResponse, thing: Version | string): boolean | undefined {
  const { format, raw } = toVersion(thing);
  if (format !== "unknown") return listed(response).includes(raw);
  const on: unknown = response?.unstable_features?.[raw];
  return typeof on === "boolean" ? on : undefined;
}

/**
 * Returns whether a homeserver supports this version or a higher one.
 *
 * @param response The response of `versions()`.
 * @param version The version. A version of an unknown format must be listed itself.
 * @returns Whether the version or a higher one is listed.
 * @throws {TypeError} If `version` is neither a string nor a version.
 */
export function supportsAtLeast(response: VersionsResponse, version: Version | string): boolean {
  const wanted = toVersion(version);
  return listed(response).some((raw) =>
    wanted.format === "unknown" ? raw === wanted.raw : compareVersions(raw, wanted) >= 0
  );
}

/**
 * Returns the highest version that a homeserver supports.
 *
 * @param response The response of `versions()`.
 * @returns The version; `undefined` if none is listed.
 */
export function latestVersion(response: VersionsResponse): Version | undefined {
  return listed(response).map(parseVersion).sort(compareVersions).at(-1);
}

/**
 * Returns whether a homeserver supports a version of the form `rX.Y.Z`.
 *
 * @param response The response of `versions()`.
 * @returns Whether such a version is listed.
 */
export function hasLegacyVersions(response: VersionsResponse): boolean {
  return listed(response).some((raw) => parseVersion(raw).format === "legacy");
}

/**
 * Returns whether a homeserver supports v1.1 or a higher version.
 *
 * @param response The response of `versions()`.
 * @returns Whether such a version is listed.
 */
export function hasModernVersions(response: VersionsResponse): boolean {
  return supportsAtLeast(response, "v1.1");
}

function toVersion(version: Version | string): Version {
  return typeof version === "object" && version ? version : parseVersion(version);
}

/** Returns the listed versions. Ignores values that are not strings, because a server may send anything. */
function listed(response: VersionsResponse): string[] {
  const versions: unknown = response?.versions;
  return Array.isArray(versions) ? versions.filter((version) => typeof version === "string") : [];
}
