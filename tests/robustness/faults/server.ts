/** A TCP server that speaks HTTP as badly as it is told to. It runs wherever there is `node:net`. */
import { Buffer } from "node:buffer";
import { createServer, type Server, type Socket } from "node:net";

/** A request as it came over the wire. */
export interface Received {
  /** Request line and headers. */
  head: string;
  method: string;
  /** Path and query, as they stood. */
  target: string;
  headers: Record<string, string>;
  /** What was read of the body. */
  body: Buffer;
  /** When it came, in milliseconds. */
  time: number;
}

/** What the server does about a request, or about a connection before there is one. */
export type Behaviour = ((x: Exchange) => unknown) & {
  /** Whether it acts as soon as there is a head, while the body is still on its way. */
  early?: boolean;
};

/** One request and the connection that it came on. */
export class Exchange {
  /** The test's cancellation, for behaviours that choose the moment. */
  readonly abort: () => void;
  readonly server: FaultServer;
  readonly socket: Socket;
  /** The request; `undefined` while there is none. */
  readonly request: Received | undefined;

  constructor(server: FaultServer, socket: Socket, abort: () => void, request?: Received) {
    this.server = server;
    this.socket = socket;
    this.request = request;
    this.abort = abort;
  }

  /** Sends bytes, and waits until the network wants more; `false` when the connection is gone. */
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

  /** Waits, or shorter if the connection goes. */
  async wait(milliseconds: number): Promise<void> {
    await Promise.race([pause(milliseconds), this.closed()]);
  }

  /** Waits until the other side has closed the connection. */
  async closed(): Promise<void> {
    if (this.socket.destroyed) return;
    await new Promise((resolve) => this.socket.once("close", resolve));
  }

  /** Closes the connection in good order. */
  end(): void {
    this.socket.end();
  }

  /** Breaks the connection off. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}

/** Waits. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** What a {@linkcode FaultServer} does. */
export interface FaultServerOptions {
  /** What to do about each request, one after another; the last one for ever. */
  serve: Behaviour[];
  /** What to do about each connection before it may speak, likewise. One that is done hands over to `serve`. */
  accept?: Behaviour[];
  /** Where redirects go. */
  other?: FaultServer;
  /** The test's cancellation. */
  abort?: () => void;
}

/** The server. */
export class FaultServer {
  /** All requests, in order of arrival. */
  readonly received: Received[] = [];
  readonly other: FaultServer | undefined;
  /** Connections that were made. */
  connections = 0;
  /** Behaviours under way. */
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

  /** Where it listens. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#open.size;
  }

  /** Takes a port without answering at it yet: below those that systems give out, so that nobody else gets it. */
  reserve(): void {
    this.#port = 18_000 + Math.floor(Math.random() * 12_000);
  }

  /** Starts to listen, at the reserved port if there is one. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#port, "127.0.0.1", resolve);
    });
    const address = this.#server.address();
    if (typeof address === "object" && address !== null) this.#port = address.port;
  }

  /** Stops, and breaks off what is open. */
  close(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }

  /** Waits until no behaviour is under way; `false` if that takes too long. */
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

/** What comes in on a connection. */
class Input {
  /** What has come since it was last looked at. */
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

  /** Reads a head; `undefined` when nothing more comes. */
  async head(): Promise<string | undefined> {
    while (true) {
      const end = this.#buffer.indexOf("\r\n\r\n");
      if (end >= 0) return this.#take(end + 4).toString("latin1").slice(0, -4);
      if (!await this.#more()) return undefined;
    }
  }

  /** Reads a body, as far as it comes. */
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
