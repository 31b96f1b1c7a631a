import { delay } from "@std/async/delay";

/** A request that the fake homeserver received. */
export interface Received {
  method: string;
  /** The percent-encoded path. */
  path: string;
  url: string;
  query: URLSearchParams;
  headers: Headers;
  /** The parsed JSON body; `undefined` if there is none or it is not JSON. */
  body: unknown;
  /** The body as text. */
  text: string;
  bytes: Uint8Array;
  /** The body that was passed to `fetch`. */
  raw: unknown;
  signal: AbortSignal | undefined;
  redirect: string | undefined;
}

/** Returns the response to a request. May wait, throw as for a lost connection, or never resolve. */
export type Answering = (request: Received) => Response | Promise<Response>;

/** A JSON value to respond with, or a function that returns the response. */
export type Answer = Answering | unknown;

/** Returns an error response. */
export function matrixError(
  status: number,
  errcode: string,
  body: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Answering {
  return json({ errcode, error: "No", ...body }, status, headers);
}

/** Returns a JSON response. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answering {
  return () => reply(JSON.stringify(body), status, { "content-type": "application/json", ...headers });
}

/** Returns a text response. */
export function text(body: string, status = 200, headers: Record<string, string> = {}): Answering {
  return () => reply(body, status, { "content-type": "text/html", ...headers });
}

/** Loses the connection before a response. */
export function broken(message = "connection lost"): Answering {
  return () => Promise.reject(new TypeError(message));
}

/** Never responds. The signal of the request ends it, as it ends a real one. */
export function silence(): Answering {
  return ({ signal }) =>
    new Promise((_, reject) => {
      if (signal?.aborted) reject(signal.reason);
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
}

/** Returns a response whose body consists of chunks and waits (in milliseconds), followed by `end`. */
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

/** A homeserver behind `fetch`. Responds from a table of routes and records the requests. */
export class FakeHomeserver {
  /** All requests, in order. */
  readonly received: Received[] = [];
  readonly #routes = new Map<string, Answer[]>();

  /**
   * Sets the responses of a route such as `PUT /_matrix/x`: one after another, then always the last one. `"*"` is for
   * requests without a route of their own.
   */
  on(route: string, ...responses: Answer[]): this {
    this.#routes.set(route, responses);
    return this;
  }

  /** The last request. */
  get last(): Received {
    return this.received[this.received.length - 1]!;
  }

  /** Replaces the global `fetch`. */
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
    const responses = this.#routes.get(`${method} ${url.pathname}`) ?? this.#routes.get("*");
    if (responses === undefined) return await matrixError(404, "M_UNRECOGNIZED")(request);
    const response = responses.length > 1 ? responses.shift() : responses[0];
    return typeof response === "function"
      ? await (response as Answering)(request)
      : await json(response)(request);
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
