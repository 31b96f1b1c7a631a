import { isJsonObject } from "../../types/json.ts";
import type { Namespace, Registration } from "../../types/appservice.ts";
import { encodeBase64Url } from "../encoding.ts";

/** Options of {@linkcode createRegistration}. */
export interface CreateRegistrationOptions {
  /** ID of the application service. It is unique on the homeserver and never changes. */
  id: string;
  /** URL at which the homeserver reaches the service; `null` if the homeserver shall send nothing. */
  url: string | URL | null;
  /** Local part of the service's own user, such as `_irc_bot`. */
  senderLocalpart: string;
  /** Users that the service acts for: regular expressions, which are exclusive, or namespaces. */
  users?: readonly (string | Namespace)[] | undefined;
  /** Aliases of rooms that the service creates on demand: regular expressions, which are exclusive, or namespaces. */
  aliases?: readonly (string | Namespace)[] | undefined;
  /** Rooms whose events are sent to the service: regular expressions, which are exclusive, or namespaces. */
  rooms?: readonly (string | Namespace)[] | undefined;
  /** Third-party networks that the service connects to. */
  protocols?: readonly string[] | undefined;
  /**
   * Whether the homeserver sends typing notifications, receipts and presence.
   *
   * @default {false}
   */
  receiveEphemeral?: boolean | undefined;
  /**
   * Whether the service's users are rate limited.
   *
   * @default {false}
   */
  rateLimited?: boolean | undefined;
  /** Further keys of the registration, such as `"io.element.msc4190": true`. */
  extra?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Creates the registration of an application service with two new random tokens. Keep it as a secret, pass it to
 * {@linkcode AppService}, and give the homeserver the same as a file, see {@linkcode registrationYAML}.
 *
 * @example Usage
 * ```ts
 * import { createRegistration, registrationYAML } from "@mtx/client/appservice";
 * import { assertEquals, assertStringIncludes } from "@std/assert";
 *
 * const registration = createRegistration({
 *   id: "irc",
 *   url: "https://irc-bridge.example.org",
 *   senderLocalpart: "_irc_bot",
 *   users: ["@_irc_.*:example\\.org"],
 * });
 * assertEquals(registration.namespaces.users, [{ regex: "@_irc_.*:example\\.org", exclusive: true }]);
 * assertStringIncludes(registrationYAML(registration), `sender_localpart: "_irc_bot"`);
 * ```
 *
 * @see https://spec.matrix.org/v1.19/application-service-api/#registration
 * @param options ID, URL, user and namespaces of the service.
 * @returns The registration.
 * @throws {TypeError} If an option is missing or of the wrong type, the local part needs URL encoding, or a regular
 * expression matches everything.
 * @throws {SyntaxError} If a regular expression is malformed.
 */
export function createRegistration(options: CreateRegistrationOptions): Registration {
  const { id, url, senderLocalpart, users, aliases, rooms, protocols, receiveEphemeral, rateLimited, extra } =
    options;
  const registration: Registration = {
    ...extra,
    id,
    url: url === null ? null : `${url}`.replace(/\/$/, ""),
    as_token: randomToken(),
    hs_token: randomToken(),
    sender_localpart: senderLocalpart,
    namespaces: { users: namespaces(users), aliases: namespaces(aliases), rooms: namespaces(rooms) },
    rate_limited: rateLimited ?? false,
  };
  if (protocols !== undefined) registration.protocols = [...protocols];
  if (receiveEphemeral === true) {
    registration.receive_ephemeral = true;
    // Homeservers older than v1.13 of the specification know only the name of the proposal.
    registration["de.sorunome.msc2409.push_ephemeral"] = true;
  }
  checkRegistration(registration);
  if (!/^[A-Za-z0-9\-._~]+$/.test(senderLocalpart)) {
    throw new TypeError("Cannot create the registration: senderLocalpart must not need URL encoding");
  }
  for (const [kind, sigil] of [["users", "@"], ["aliases", "#"], ["rooms", "!"]] as const) {
    for (const { regex } of registration.namespaces[kind] ?? []) {
      // A random ID that no service can mean. An ID of a room may lack the server name.
      const random = crypto.randomUUID();
      if (
        [`${sigil}${random}:${random}.invalid`, `${sigil}${random}`].some((one) => startMatches(regex, one))
      ) {
        throw new TypeError(
          `Cannot create the registration: the expression ${regex} of ${kind} matches everything`,
        );
      }
    }
  }
  return registration;
}

function namespaces(list: readonly (string | Namespace)[] | undefined): Namespace[] {
  return (list ?? []).map((one) => typeof one === "string" ? { regex: one, exclusive: true } : { ...one });
}

function randomToken(): string {
  return encodeBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}

/** Returns whether a namespace's expression matches a text as homeservers do it, from the start. */
export function startMatches(regex: string, text: string): boolean {
  return new RegExp(`^(?:${regex})`).test(text);
}

/**
 * Checks a registration, which may come from a file or a setting.
 *
 * @throws {TypeError} If a required field is missing or of the wrong type, or a token is not printable ASCII.
 * @throws {SyntaxError} If a regular expression is malformed.
 */
export function checkRegistration(registration: Registration): void {
  if (!isJsonObject(registration)) throw invalid("it", "an object");
  const { id, url, as_token, hs_token, sender_localpart } = registration;
  for (const [name, value] of Object.entries({ id, sender_localpart })) {
    if (typeof value !== "string" || value === "") throw invalid(name, "a string that is not empty");
  }
  for (const [name, value] of Object.entries({ as_token, hs_token })) {
    if (typeof value !== "string" || !/^[!-~]+$/.test(value)) {
      throw invalid(name, "printable ASCII without spaces");
    }
  }
  if (url !== null && !(typeof url === "string" && URL.canParse(url) && /^https?:/i.test(url))) {
    throw invalid("url", "an http or https URL, or null");
  }
  const all: unknown = registration.namespaces;
  if (!isJsonObject(all)) throw invalid("namespaces", "an object");
  for (const kind of ["users", "aliases", "rooms"]) {
    const list = all[kind] ?? [];
    if (!Array.isArray(list)) throw invalid(`namespaces.${kind}`, "an array");
    for (const one of list) {
      if (!isJsonObject(one) || typeof one.regex !== "string" || typeof one.exclusive !== "boolean") {
        throw invalid(`namespaces.${kind}`, "objects with regex and exclusive");
      }
      try {
        startMatches(one.regex, "");
      } catch {
        throw new SyntaxError(
          `Cannot use the registration: the expression ${one.regex} of namespaces.${kind} is malformed`,
        );
      }
    }
  }
}

function invalid(name: string, expected: string): TypeError {
  return new TypeError(`Cannot use the registration: ${name} must be ${expected}`);
}

/**
 * Writes a registration as YAML, for the file that a homeserver reads. It holds both tokens: only the homeserver and the
 * service may read the file.
 *
 * @example Usage
 * ```ts
 * import { createRegistration, registrationYAML } from "@mtx/client/appservice";
 * import { assertMatch } from "@std/assert";
 *
 * const registration = createRegistration({ id: "echo", url: null, senderLocalpart: "echo" });
 * assertMatch(registrationYAML(registration), /^id: "echo"\nurl: null\n/);
 * ```
 *
 * @see https://spec.matrix.org/v1.19/application-service-api/#registration
 * @param registration The registration. Unknown keys are kept.
 * @returns The YAML document.
 * @throws {TypeError} If a value is not JSON.
 */
export function registrationYAML(registration: Registration): string {
  return blockMapping(registration, "");
}

function blockMapping(object: Readonly<Record<string, unknown>>, indent: string): string {
  return Object.entries(object)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${indent}${yamlKey(key)}:${yamlValue(value, indent)}`)
    .join("");
}

function yamlValue(value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return " []\n";
    return `\n${value.map((item) => sequenceItem(item, `${indent}  `)).join("")}`;
  }
  if (isJsonObject(value)) {
    return Object.keys(value).length === 0 ? " {}\n" : `\n${blockMapping(value, `${indent}  `)}`;
  }
  return ` ${scalar(value)}\n`;
}

function sequenceItem(item: unknown, indent: string): string {
  if (isJsonObject(item) && Object.keys(item).length > 0) {
    return `${indent}- ${blockMapping(item, `${indent}  `).trimStart()}`;
  }
  if (!Array.isArray(item)) return `${indent}-${yamlValue(item, indent)}`;
  if (item.length === 0) return `${indent}- []\n`;
  return `${indent}-\n${item.map((one) => sequenceItem(one, `${indent}  `)).join("")}`;
}

/** Writes keys such as `org.matrix.msc3202` as they are, all others in quotes. */
function yamlKey(key: string): string {
  return /^[A-Za-z_][\w.-]*$/.test(key) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(key)
    ? key
    : scalar(key);
}

/**
 * Writes a string as JSON, which is YAML too once the characters are escaped that JSON leaves alone and YAML does not.
 * PyYAML and ruamel.yaml drop a bare U+0085. YAML does not join escaped surrogates, so pairs stay as they are.
 */
function scalar(value: unknown): string {
  const json = JSON.stringify(value);
  if (json === undefined) throw new TypeError(`Cannot write the registration: ${typeof value} is not JSON`);
  // YAML 1.1 has no numbers with an exponent but without a point.
  if (typeof value === "number") return json.replace(/^(-?\d+)e/, "$1.0e");
  return json.replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
