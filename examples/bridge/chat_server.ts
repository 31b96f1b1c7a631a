/**
 * A small chat server over TCP, which {@linkcode https://modern.ircdocs.horse IRC} has inspired, as the other network of
 * examples/bridge.ts. `deno run --allow-net chat_server.ts [port]`, then `nc 127.0.0.1 6667`.
 *
 * Clients send lines: `NICK name`, `JOIN #channel`, `SAY #channel text`. The server sends each message to all clients in the
 * channel, its author included: `MESSAGE id time #channel name text`.
 */

interface Client {
  name: string;
  channels: Set<string>;
  send(line: string): void;
}

/** A running chat server. */
export interface ChatServer {
  port: number;
  stop(): Promise<void>;
}

/** Starts a chat server on this machine. */
export function startChatServer(port = 0): ChatServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const clients = new Set<Client>();
  const connections = new Set<Deno.Conn>();
  let messages = 0;

  const handle = (client: Client, line: string) => {
    const [, command, first = "", text = ""] = /^(\w+) (\S+) ?(.*)$/.exec(line) ?? [];
    if (command === "NICK") client.name = first;
    if (command === "JOIN") client.channels.add(first);
    if (command !== "SAY" || text === "") return;
    const message = `MESSAGE ${Date.now()}-${++messages} ${Date.now()} ${first} ${client.name} ${text}`;
    for (const other of clients) if (other.channels.has(first)) other.send(message);
  };

  const serve = async (connection: Deno.Conn) => {
    const writer = connection.writable.getWriter();
    const send = (line: string) => void writer.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
    const client: Client = { name: "somebody", channels: new Set(), send };
    clients.add(client);
    connections.add(connection);
    try {
      for await (const line of linesOf(connection.readable)) handle(client, line);
    } catch {
      // The connection was lost.
    } finally {
      clients.delete(client);
      connections.delete(connection);
    }
  };

  const accepted = (async () => {
    for await (const connection of listener) void serve(connection);
  })();
  return {
    port: listener.addr.port,
    async stop() {
      listener.close();
      for (const connection of connections) {
        try {
          connection.close();
        } catch {
          // The client has closed it.
        }
      }
      await accepted.catch(() => {});
    },
  };
}

/** Yields the lines of a stream. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

if (import.meta.main) {
  const { port } = startChatServer(Number(Deno.args[0] ?? 6667));
  console.log(`The chat server listens on 127.0.0.1:${port}`);
}
