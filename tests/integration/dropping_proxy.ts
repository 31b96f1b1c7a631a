/** The part of an exchange that a proxy drops: the response, after it has forwarded the request, or the request itself. */
export type Drop = "answer" | "request";

/** A TCP proxy that closes a kept-alive connection during a request. */
export class DroppingProxy implements AsyncDisposable {
  /** Number of earlier requests on each connection on which a request was dropped. */
  readonly dropped: number[] = [];
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #work: Promise<unknown>[] = [];
  readonly #upstream: URL;
  readonly #marker: string;
  readonly #drop: Drop;

  /**
   * Starts a proxy.
   *
   * @param upstream Address of the homeserver.
   * @param start Start of the request to drop, such as `POST /path`.
   * @param drop Whether to drop the response or the request.
   */
  constructor(upstream: string, start: string, drop: Drop) {
    this.#upstream = new URL(upstream);
    this.#marker = start;
    this.#drop = drop;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#work.push(this.#accept());
  }

  /** Address of the proxy. */
  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) this.#close(connection);
    await Promise.all(this.#work);
  }

  async #accept(): Promise<void> {
    try {
      for await (const connection of this.#listener) this.#work.push(this.#serve(connection));
    } catch {
      // Closed.
    }
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    this.#connections.add(client);
    const server = await Deno.connect({
      hostname: this.#upstream.hostname,
      port: Number(this.#upstream.port),
    });
    this.#connections.add(server);
    let requests = 0;
    let dropping = false;
    const forward = async () => {
      for await (const text of chunks(client)) {
        if (text.includes(this.#marker)) {
          dropping = true;
          this.dropped.push(requests);
          if (this.#drop === "request") return this.#close(client);
        }
        requests += text.match(/^(?:GET|POST|PUT|DELETE) \//gm)?.length ?? 0;
        await write(server, text);
      }
    };
    const back = async () => {
      for await (const text of chunks(server)) {
        // The homeserver has processed the request. Close the connection before the response is sent.
        if (dropping) return this.#close(client);
        await write(client, text);
      }
    };
    await Promise.allSettled([
      forward().finally(() => this.#close(server)),
      back().finally(() => this.#close(client)),
    ]);
  }

  #close(connection: Deno.TcpConn): void {
    if (this.#connections.delete(connection)) connection.close();
  }
}

/** Yields the data of a connection, one character for each byte. */
async function* chunks(connection: Deno.TcpConn): AsyncGenerator<string> {
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const size = await connection.read(buffer);
    if (size === null) return;
    yield String.fromCharCode(...buffer.subarray(0, size));
  }
}

async function write(connection: Deno.TcpConn, text: string): Promise<void> {
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
  for (let done = 0; done < bytes.length;) done += await connection.write(bytes.subarray(done));
}
