import { Random } from "../fuzz/random.ts";

/** The fate of a request: passed with its response, lost before it arrives, or processed with a lost response. */
export type Fate = "pass" | "lose request" | "lose response";

/** Options of {@linkcode LossyProxy}. */
export interface LossyProxyOptions {
  /** The share of requests that are lost before they reach the homeserver. */
  requests: number;
  /** The share of responses that are lost after the homeserver has processed the request. */
  responses: number;
  /** Determines the losses. With the same seed the same attempts of the same message are lost. */
  seed: number;
}

/** Counts of requests and losses. */
export interface LossyProxyCounts {
  requests: number;
  lostRequests: number;
  lostResponses: number;
  /** The number of lost responses with a status of 2xx. */
  lostSuccesses: number;
  limited: number;
}

interface Message {
  head: Uint8Array<ArrayBuffer>;
  body: Uint8Array<ArrayBuffer>;
}

/**
 * A TCP proxy before a homeserver, which closes the connection of lost requests. It keeps connections to clients
 * alive, so that a lost request looks like one on a dead pooled connection.
 */
export class LossyProxy implements AsyncDisposable {
  readonly counts: LossyProxyCounts = {
    requests: 0,
    lostRequests: 0,
    lostResponses: 0,
    lostSuccesses: 0,
    limited: 0,
  };
  readonly #upstream: URL;
  readonly #options: LossyProxyOptions;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #work = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  readonly #attempts = new Map<string, number>();

  /** Starts a proxy before a homeserver. */
  constructor(upstream: string, options: LossyProxyOptions) {
    this.#upstream = new URL(upstream);
    this.#options = options;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#accepting = this.#accept();
  }

  /** The URL of the proxy. */
  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const connection of this.#connections) this.#close(connection);
    await Promise.all(this.#work);
  }

  async #accept(): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        this.#connections.add(connection);
        const work = this.#serve(connection).catch(() => {}).finally(() => this.#close(connection));
        this.#work.add(work);
        work.finally(() => this.#work.delete(work));
      }
    } catch {
      // The listener was closed.
    }
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    const reader = new MessageReader(client);
    for (let request = await reader.next(); request; request = await reader.next()) {
      this.counts.requests++;
      const fate = this.#fate(request);
      if (fate === "lose request") {
        this.counts.lostRequests++;
        return;
      }
      const response = await this.#ask(request);
      const status = Number(/^HTTP\/1\.\d (\d+)/.exec(text(response.head))?.[1]);
      if (status === 429) this.counts.limited++;
      if (fate === "lose response") {
        this.counts.lostResponses++;
        if (status < 300) this.counts.lostSuccesses++;
        return;
      }
      await write(client, response.head);
      await write(client, response.body);
    }
  }

  /** Decides by content and number of the attempt, so that the result does not depend on timing. */
  #fate({ head, body }: Message): Fate {
    const { seed, requests, responses } = this.#options;
    const line = text(head).split(" ", 1)[0];
    const key = `${line} ${text(body) === "{}" ? text(head).split("\r\n", 1)[0] : text(body)}`;
    const attempt = (this.#attempts.get(key) ?? 0) + 1;
    this.#attempts.set(key, attempt);
    let hash = seed;
    for (const char of `${key} ${attempt}`) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
    const chance = new Random(hash).next();
    return chance < requests ? "lose request" : chance < requests + responses ? "lose response" : "pass";
  }

  /** Sends a request to the homeserver on a new connection. */
  async #ask({ head, body }: Message): Promise<Message> {
    const { hostname, port } = this.#upstream;
    const server = await Deno.connect({ hostname, port: Number(port) });
    this.#connections.add(server);
    try {
      await write(server, encode(text(head).replace(/\r\nconnection:[^\r]*/i, "")));
      await write(server, body);
      const response = await new MessageReader(server).next();
      if (!response) throw new Error("The homeserver sent no response");
      return response;
    } finally {
      this.#close(server);
    }
  }

  #close(connection: Deno.TcpConn): void {
    if (this.#connections.delete(connection)) connection.close();
  }
}

/** Decodes bytes as Latin-1. */
function text(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

function encode(characters: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(characters, (char) => char.charCodeAt(0));
}

async function write(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await connection.write(bytes.subarray(done));
}

/** Reads requests or responses from a connection, one after another. */
class MessageReader {
  readonly #connection: Deno.TcpConn;
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Reads the next message. Resolves with `undefined` at the end of the connection. */
  async next(): Promise<Message | undefined> {
    while (true) {
      const end = text(this.#rest).indexOf("\r\n\r\n");
      if (end >= 0) {
        const head = this.#rest.slice(0, end + 4);
        if (/^transfer-encoding:/im.test(text(head))) return await this.#chunked(head);
        const size = Number(/^content-length: *(\d+)/im.exec(text(head))?.[1] ?? 0);
        while (this.#rest.length < end + 4 + size) if (!await this.#more()) return undefined;
        return this.#take(head, end + 4 + size);
      }
      if (!await this.#more()) return undefined;
    }
  }

  /** Reads a chunked body without decoding it. */
  async #chunked(head: Uint8Array<ArrayBuffer>): Promise<Message | undefined> {
    while (true) {
      const end = text(this.#rest).indexOf("\r\n0\r\n\r\n", head.length - 2);
      if (end >= 0) return this.#take(head, end + 7);
      if (!await this.#more()) return undefined;
    }
  }

  #take(head: Uint8Array<ArrayBuffer>, end: number): Message {
    const body = this.#rest.slice(head.length, end);
    this.#rest = this.#rest.slice(end);
    return { head, body };
  }

  async #more(): Promise<boolean> {
    const chunk = new Uint8Array(16_384);
    const size = await this.#connection.read(chunk);
    if (size === null) return false;
    const joined = new Uint8Array(this.#rest.length + size);
    joined.set(this.#rest);
    joined.set(chunk.subarray(0, size), this.#rest.length);
    this.#rest = joined;
    return true;
  }
}
