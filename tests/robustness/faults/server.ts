/** A TCP server whose HTTP responses are as faulty as a test needs. It runs on every runtime with `node:net`. */
import { Buffer } from "node:buffer";
import { createServer, type Server, type Socket } from "node:net";

/** A request that the server has received. */
export interface Received {
  /** Request line and headers. */
  head: string;
  method: string;
  /** Path and query, unchanged. */
  target: string;
  headers: Record<string, string>;
  /** The part of the body that was read. */
  body: Buffer;
  /** The time of arrival in milliseconds. */
  time: number;
}

/** Handles a request, or a connection before its first request. */
export type Behaviour = ((x: Exchange) => unknown) & {
  /** Whether it runs after the head of the request, before the body has arrived. */
  early?: boolean;
};

/** A request and its connection. */
export class Exchange {
  /** Aborts the call of the test. */
  readonly abort: () => void;
  readonly server: FaultServer;
  readonly socket: Socket;
  /** The request; `undefined` before there is one. */
  readonly request: Received | undefined;

  constructor(server: FaultServer, socket: Socket, abort: () => void, request?: Received) {
    this.server = server;
    this.socket = socket;
    this.request = request;
    this.abort = abort;
  }

  /** Sends bytes, and waits until the socket accepts more. Resolves with `false` if the connection is closed. */
  async write(data: string | Uint8Array): Promise<boolean> {
    const { socket } = this;
    if (socket.destroyed || !socket.writable) return false;
    if (!socket.write(typeof data === "string" ? Buffer.from(data, "latin1") : data)) {
      await new Promise<void>((resolve) => {
        const done = () => {
          socket.off("drain", done);
          socket.off("close", done);
          resolve();
        };
        socket.on("drain", done);
        socket.on("close", done);
      });
    }
    return !socket.destroyed && socket.writable;
  }

  /** Waits, or until the connection closes. */
  async wait(milliseconds: number): Promise<void> {
    await Promise.race([pause(milliseconds), this.closed()]);
  }

  /** Waits until the client has closed the connection. */
  async closed(): Promise<void> {
    if (this.socket.destroyed) return;
    await new Promise((resolve) => this.socket.once("close", resolve));
  }

  /** Closes the connection. */
  end(): void {
    this.socket.end();
  }

  /** Resets the connection. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}

/** Waits. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Options of {@linkcode FaultServer}. */
export interface FaultServerOptions {
  /** The behaviour for each request; the last one is repeated. */
  serve: Behaviour[];
  /** The behaviour for each connection before its first request. `serve` follows if it has not closed the connection. */
  accept?: Behaviour[];
  /** The server that redirects point to. */
  other?: FaultServer;
  /** Aborts the call of the test. */
  abort?: () => void;
}

/** A faulty HTTP server. */
export class FaultServer {
  /** All requests, in order of arrival. */
  readonly received: Received[] = [];
  readonly other: FaultServer | undefined;
  /** The number of accepted connections. */
  connections = 0;
  /** The number of running behaviours. */
  busy = 0;
  readonly #options: FaultServerOptions;
  readonly #open = new Set<Socket>();
  readonly #server: Server;
  #port = 0;

  constructor(options: FaultServerOptions) {
    this.#options = options;
    this.other = options.other;
    this.#server = createServer((socket) => {
      this.#open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.#open.delete(socket));
      socket.setMaxListeners(0);
      socket.setNoDelay(true);
      this.#converse(socket).catch((error) => {
        if (!socket.destroyed) throw error;
      });
    });
  }

  /** The URL of the server. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The number of open connections. */
  get open(): number {
    return this.#open.size;
  }

  /** Chooses a port to listen on later, below the range from which systems assign ports. */
  reserve(): void {
    this.#port = 18_000 + Math.floor(Math.random() * 12_000);
  }

  /** Starts to listen, on the reserved port if there is one. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#port, "127.0.0.1", resolve);
    });
    const address = this.#server.address();
    if (typeof address === "object" && address !== null) this.#port = address.port;
  }

  /** Stops, and closes all connections. */
  close(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }

  /** Waits until no behaviour is running. Resolves with `false` after the given time. */
  async idle(milliseconds: number): Promise<boolean> {
    const end = performance.now() + milliseconds;
    while (this.busy > 0 && performance.now() < end) await pause(5);
    return this.busy === 0;
  }

  async #converse(socket: Socket): Promise<void> {
    const { serve, accept } = this.#options;
    const abort = this.#options.abort ?? (() => {});
    const input = new Input(socket);
    const accepting = pick(accept, ++this.connections);
    if (accepting) await this.#act(accepting, new Exchange(this, socket, abort));
    while (!socket.destroyed) {
      const head = await input.head();
      if (head === undefined) return;
      const request = parse(head);
      this.received.push(request);
      const behaviour = pick(serve, this.received.length)!;
      if (!behaviour.early) await input.body(request);
      await this.#act(behaviour, new Exchange(this, socket, abort, request));
      if (behaviour.early) await input.body(request);
    }
  }

  async #act(behaviour: Behaviour, exchange: Exchange): Promise<void> {
    this.busy++;
    try {
      await behaviour(exchange);
    } finally {
      this.busy--;
    }
  }
}

function pick(behaviours: Behaviour[] | undefined, n: number): Behaviour | undefined {
  return behaviours?.[Math.min(n, behaviours.length) - 1];
}

function parse(head: string): Received {
  const [line = "", ...rest] = head.split("\r\n");
  const [method = "", target = ""] = line.split(" ");
  const headers: Record<string, string> = {};
  for (const field of rest) {
    const colon = field.indexOf(":");
    if (colon > 0) headers[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim();
  }
  return { head, method, target, headers, body: Buffer.alloc(0), time: performance.now() };
}

/** Reads requests from a connection. */
class Input {
  /** Data that has arrived since the last read. */
  readonly #waiting: Buffer[] = [];
  #buffer: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake = () => {};

  constructor(socket: Socket) {
    socket.on("data", (data: Buffer) => {
      this.#waiting.push(data);
      this.#wake();
    });
    const end = () => {
      this.#ended = true;
      this.#wake();
    };
    socket.on("end", end);
    socket.on("close", end);
  }

  /** Reads a head. Resolves with `undefined` at the end of the connection. */
  async head(): Promise<string | undefined> {
    while (true) {
      const end = this.#buffer.indexOf("\r\n\r\n");
      if (end >= 0) return this.#take(end + 4).toString("latin1").slice(0, -4);
      if (!await this.#more()) return undefined;
    }
  }

  /** Reads a body, or the part of it that arrives. */
  async body(request: Received): Promise<void> {
    const parts: Buffer[] = [];
    const chunked = /chunked/i.test(request.headers["transfer-encoding"] ?? "");
    const read = async (length: number) => {
      for (let left = length; left > 0;) {
        if (this.#buffer.length === 0 && !await this.#more()) break;
        const part = this.#take(Math.min(left, this.#buffer.length));
        left -= part.length;
        parts.push(part);
      }
    };
    if (!chunked) await read(Number(request.headers["content-length"] ?? 0));
    while (chunked) {
      const end = this.#buffer.indexOf("\r\n");
      if (end >= 0) {
        const size = parseInt(this.#take(end + 2).toString("latin1"), 16);
        await read(size);
        while (this.#buffer.length < 2 && await this.#more());
        this.#take(2);
        if (size === 0 || Number.isNaN(size)) break;
      } else if (!await this.#more()) break;
    }
    request.body = Buffer.concat(parts);
  }

  #take(length: number): Buffer {
    const part = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return part;
  }

  async #more(): Promise<boolean> {
    if (this.#waiting.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    if (this.#waiting.length === 0) return false;
    this.#buffer = Buffer.concat([this.#buffer, ...this.#waiting.splice(0)]);
    return true;
  }
}
