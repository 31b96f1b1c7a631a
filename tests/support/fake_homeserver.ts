import { delay } from "@std/async/delay";

/** A homeserver behind `fetch`: it answers from a table and remembers what it got. */

/** A request as the fake got it. */
export interface Received {
  method: string;
  /** The path, still encoded. */
  path: string;
  url: string;
  query: URLSearchParams;
  headers: Headers;
  /** The parsed JSON body; `undefined` when there is none or it is not JSON. */
  body: unknown;
  /** The body as text. */
  text: string;
  bytes: Uint8Array;
  /** The body as `fetch` got it. */
  raw: unknown;
  signal: AbortSignal | undefined;
  redirect: string | undefined;
}

/** Makes an answer for a request; it may wait, throw as a lost connection does, or never resolve. */
export type Answering = (request: Received) => Response | Promise<Response>;

/** A JSON value that is answered with 200, or something that makes the answer. */
export type Answer = Answering | unknown;

/** Makes the answer of a homeserver that says no. */
export function matrixError(
  status: number,
  errcode: string,
  body: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Answering {
  return json({ errcode, error: "No", ...body }, status, headers);
}

/** Makes a JSON answer with a status and headers. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answering {
  return () => reply(JSON.stringify(body), status, { "content-type": "application/json", ...headers });
}

/** Makes an answer of text. */
export function text(body: string, status = 200, headers: Record<string, string> = {}): Answering {
  return () => reply(body, status, { "content-type": "text/html", ...headers });
}

/** Makes a connection that breaks before an answer. */
export function broken(message = "connection lost"): Answering {
  return () => Promise.reject(new TypeError(message));
}

/** Makes an answer that never comes; the signal of the request ends it, as it ends a real one. */
export function silence(): Answering {
  return ({ signal }) =>
    new Promise((_, reject) => {
      if (signal?.aborted) reject(signal.reason);
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
}

/** Makes an answer whose body is the given chunks, and then `end`. */
export function chunks(
  parts: (string | Uint8Array | number)[],
  end: "close" | "error" | "hang" = "close",
  headers: Record<string, string> = { "content-type": "application/json" },
  status = 200,
): Answering {
  return ({ signal }) => {
    const queue = [...parts];
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        signal?.addEventListener("abort", () => controller.error(signal.reason));
      },
      async pull(controller) {
        let part = queue.shift();
        for (; typeof part === "number"; part = queue.shift()) {
          await delay(part, { signal }).catch(() => {});
          if (signal?.aborted) return;
        }
        if (part !== undefined) {
          controller.enqueue(typeof part === "string" ? new TextEncoder().encode(part) : part);
        } else if (end === "close") controller.close();
        else if (end === "error") controller.error(new TypeError("connection lost"));
        else await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
      },
    }, { highWaterMark: 0 });
    return new Response(body, { status, headers });
  };
}

function reply(body: string, status: number, headers: Record<string, string>): Response {
  const bytes = new TextEncoder().encode(body);
  const length: Record<string, string> = "content-length" in headers
    ? {}
    : { "content-length": String(bytes.length) };
  return new Response(bytes, { status, headers: { ...length, ...headers } });
}

/** A homeserver whose answers are a table. */
export class FakeHomeserver {
  /** All requests, in order. */
  readonly received: Received[] = [];
  readonly #routes = new Map<string, Answer[]>();

  /**
   * Sets the answers of a route such as `PUT /_matrix/x`: one after another, the last one for ever. `"*"` answers all
   * that has no route of its own.
   */
  on(route: string, ...answers: Answer[]): this {
    this.#routes.set(route, answers);
    return this;
  }

  /** The last request. */
  get last(): Received {
    return this.received[this.received.length - 1]!;
  }

  /** Takes the place of the global `fetch`. */
  readonly fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(String(input instanceof Request ? input.url : input));
    const method = init.method ?? "GET";
    init.signal?.throwIfAborted();
    const bytes = init.body === undefined || init.body === null
      ? new Uint8Array()
      : new Uint8Array(await new Response(init.body).arrayBuffer());
    const body = new TextDecoder().decode(bytes);
    const request: Received = {
      method,
      path: url.pathname,
      url: url.href,
      query: url.searchParams,
      headers: new Headers(init.headers),
      body: parse(body),
      text: body,
      bytes,
      raw: init.body,
      signal: init.signal ?? undefined,
      redirect: init.redirect,
    };
    this.received.push(request);
    const answers = this.#routes.get(`${method} ${url.pathname}`) ?? this.#routes.get("*");
    if (answers === undefined) return await matrixError(404, "M_UNRECOGNIZED")(request);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return typeof answer === "function" ? await (answer as Answering)(request) : await json(answer)(request);
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
