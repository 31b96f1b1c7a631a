import type { RedirectStatus } from "@std/http/status";
import type { Deadline } from "./deadline.ts";
import { MatrixConnectionError, MatrixResponseError } from "./errors/base.ts";
import type { Fetch } from "./options.ts";
import { discard } from "./response_body.ts";
import { cleanCause } from "./redact.ts";

/** How many redirects of a GET are followed. */
const MAX_REDIRECTS = 10;

/** Typed by the list of status codes, whose table would be a tenth of this library. */
const REDIRECTS: readonly RedirectStatus[] = [301, 302, 303, 307, 308];

/** A request as `fetch` gets it. */
export interface Outgoing {
  /** The whole URL. */
  readonly url: string;
  /** The HTTP method. */
  readonly method: string;
  /** The action, for messages. */
  readonly label: string;
  /** Does the request. */
  readonly fetch: Fetch;
}

/**
 * Sends a request and resolves with the head of its answer, whatever its status.
 *
 * Redirects are followed by hand: `fetch` would replay a body, a login's password included, and hand further headers
 * on to another origin. So only GETs are followed, and beyond the origin they carry nothing of ours.
 *
 * @throws {MatrixConnectionError} If there is no answer.
 * @throws {MatrixResponseError} If the host says no more than that there was a redirect.
 */
export async function send(
  out: Outgoing,
  headers: Readonly<Record<string, string>>,
  limit: Deadline,
  body?: BodyInit,
  once?: boolean,
): Promise<Response> {
  const { fetch } = out;
  let { url } = out;
  const init: RequestInit & { duplex?: "half" } = {
    method: out.method,
    // Some hosts keep all of a body in memory as long as the request might have to be sent to another place.
    redirect: once ? "error" : "manual",
    signal: limit.signal,
  };
  if (body !== undefined) {
    init.body = body;
    if (body instanceof ReadableStream) init.duplex = "half";
  }
  for (let redirects = 0;; redirects++) {
    init.headers = { ...headers };
    let response: Response;
    try {
      response = await fetch(url, init);
    } catch (cause) {
      limit.signal.throwIfAborted();
      throw noAnswer(out, init, cause);
    }
    if (limit.signal.aborted) {
      // Too late: nobody waits for it any more.
      await discard(response);
      limit.signal.throwIfAborted();
    }
    if (out.method !== "GET" || redirects === MAX_REDIRECTS) return response;
    if (response.type === "opaqueredirect") {
      // Where the host hides redirects it has to follow them itself; it drops the token beyond the origin.
      init.redirect = "follow";
      continue;
    }
    const next = REDIRECTS.includes(response.status as RedirectStatus) ? target(response, url) : undefined;
    if (next === undefined) return response;
    await discard(response);
    if (next.origin !== new URL(url).origin) headers = {};
    url = next.href;
  }
}

function noAnswer({ label }: Outgoing, { redirect }: RequestInit, error: unknown): Error {
  const cause = cleanCause(error);
  return redirect === "error" && isRedirect(error)
    ? new MatrixResponseError(`${label}: the answer is a redirect`, { cause })
    : new MatrixConnectionError(`${label}: no answer`, { cause });
}

/** Tells from the words of a host's error whether it is about a redirect: there is nothing else to tell it from. */
function isRedirect(cause: unknown, depth = 0): boolean {
  if (!(cause instanceof Error) || depth > 8) return false;
  return /redirect/i.test(cause.message.replace(/https?:\S+/g, "")) || isRedirect(cause.cause, depth + 1);
}

/** Where a redirect goes: an http(s) URL, without the user info that some hosts would log in with. */
function target(response: Response, base: string): URL | undefined {
  const location = response.headers.get("location");
  if (location === null || !URL.canParse(location, base)) return undefined;
  const url = new URL(location, base);
  url.username = url.password = url.hash = "";
  return /^https?:$/.test(url.protocol) ? url : undefined;
}
