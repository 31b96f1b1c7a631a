/** What routes are made of, and how they answer. */

/** An object as it goes over the wire. */
export type Json = Record<string, unknown>;

/** What a route is told. */
export interface Call {
  /** Path segments that the route's pattern names, decoded. */
  params: Record<string, string>;
  query: URLSearchParams;
  /** The body as JSON; empty where there is none. */
  body: Json;
  request: Request;
  /** Who asks. */
  userId: string;
  deviceId: string;
  token: string;
}

/** Answers with JSON (status 200), or with a response of its own. */
export type Handler = (call: Call) => unknown;

/** Handlers by `"METHOD /path/{parameter}"`. */
export type Routes = Record<string, Handler>;

/** The name of the homeserver, as it stands in identifiers. */
export const SERVER = "example.org";

/** A fault, thrown by a route. */
export class Fault extends Error {
  constructor(readonly status: number, readonly errcode: string, message: string, readonly extra: Json = {}) {
    super(message);
  }

  /** What is sent. */
  toResponse(): Response {
    return Response.json({ ...this.extra, errcode: this.errcode, error: this.message }, {
      status: this.status,
    });
  }
}

/** 404. */
export function notFound(what: string): Fault {
  return new Fault(404, "M_NOT_FOUND", `${what} not found`);
}

/** Refuses names that say by themselves that there is no such thing. */
export function refuseMissing(id: string, what: string): void {
  if (/missing|unknown|nowhere|nobody/.test(id)) throw notFound(what);
}

/** 401 with the stages that are left, where `auth` does not complete them. */
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

/** Text of a JSON field, or nothing. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Ends after `ms`, when `woken` resolves, or with the signal's reason. */
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
