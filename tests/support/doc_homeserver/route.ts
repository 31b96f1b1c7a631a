/** Routes of the homeserver: requests, responses and errors. */

/** A JSON object. */
export type Json = Record<string, unknown>;

/** The request that a route handles. */
export interface Call {
  /** The decoded path segments that the route's pattern names. */
  params: Record<string, string>;
  query: URLSearchParams;
  /** The JSON body; `{}` without one. */
  body: Json;
  request: Request;
  /** The user who sent the request. */
  userId: string;
  deviceId: string;
  token: string;
}

/** Handles a request. Returns JSON for status 200, or a response. */
export type Handler = (call: Call) => unknown;

/** Routes by `"METHOD /path/{parameter}"`. */
export type Routes = Record<string, Handler>;

/** The server name of the homeserver. */
export const SERVER = "example.org";

/** An error response that a route throws. */
export class Fault extends Error {
  constructor(readonly status: number, readonly errcode: string, message: string, readonly extra: Json = {}) {
    super(message);
  }

  /** Returns the response. */
  toResponse(): Response {
    return Response.json({ ...this.extra, errcode: this.errcode, error: this.message }, {
      status: this.status,
    });
  }
}

/** Creates an error response with status 404. */
export function notFound(what: string): Fault {
  return new Fault(404, "M_NOT_FOUND", `${what} not found`);
}

/** Throws 404 for names that contain a word such as `missing`. */
export function refuseMissing(id: string, what: string): void {
  if (/missing|unknown|nowhere|nobody/.test(id)) throw notFound(what);
}

/** Throws 401 with the open stages unless `auth` completes them. */
export function askForPassword(body: Json): void {
  const auth = body.auth as Json | undefined;
  if (auth?.type === "m.login.password" && auth.session === "session1") return;
  throw new Fault(401, "M_FORBIDDEN", "Further authentication is needed", {
    flows: [{ stages: ["m.login.password"] }],
    params: {},
    session: "session1",
    completed: [],
  });
}

/** Returns a string field; `undefined` if it is not a string. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Resolves after `ms` or with `woken`. Rejects with the signal's reason. */
export async function rest(ms: number, woken: Promise<unknown>, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let abort = () => {};
  try {
    await Promise.race([
      woken,
      new Promise<void>((resolve, reject) => {
        timer = setTimeout(resolve, ms);
        abort = () => reject(signal.reason);
        if (signal.aborted) abort();
        signal.addEventListener("abort", abort);
      }),
    ]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
