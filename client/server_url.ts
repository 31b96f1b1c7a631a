import { isJsonObject } from "../http/json_object.ts";

/**
 * Takes a URL apart by its own text: the URL parser guesses a host where there is none (`https:host`), and takes
 * `host:8448` for a scheme.
 */
const WITH_HOST = /^(?:([a-z][a-z\d+.-]*):)?\/\/[^/?#\\\s]/i;

/** Takes the homeserver's base URL, or what stands there, out of a well-known file; `undefined` or `null` for none. */
export function baseUrlIn(wellKnown: unknown): unknown {
  const homeserver = isJsonObject(wellKnown) ? wellKnown["m.homeserver"] : undefined;
  return isJsonObject(homeserver) ? homeserver.base_url : undefined;
}

/**
 * Reads a URL that a server names: its homeserver's, for one.
 *
 * @param value What the server said.
 * @returns The URL, and its scheme: `https` or `http`. Without a URL but with a scheme, perhaps an empty one, it has a
 * host but is for something else; without either it is no absolute URL.
 */
export function parseServerUrl(value: unknown): { url?: URL; scheme?: string } {
  const match = typeof value === "string" ? WITH_HOST.exec(value) : null;
  if (match === null) return {};
  const scheme = (match[1] ?? "").toLowerCase();
  if (scheme !== "https" && scheme !== "http") return { scheme };
  if (!URL.canParse(match.input)) return {};
  const url = new URL(match.input);
  // With a name and a password in it, it would not be a public address.
  return url.username === "" && url.password === "" ? { url, scheme } : {};
}
