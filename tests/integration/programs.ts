/** Runs examples as separate processes, and simulates network failures. */
import { ROOT } from "../../scripts/command.ts";

const FOLDER = `${ROOT}/examples/`;
/** Folder of a Bun project with the examples, and the command that runs Bun. */
const [BUN_PROJECT, ...BUN] = JSON.parse(Deno.env.get("EXAMPLES_ON_BUN") ?? "[]") as string[];

/** The result of a program. */
export interface Ended {
  code: number;
  output: string;
  errors: string;
}

/** A running program. */
export interface Program {
  process: Deno.ChildProcess;
  /** Returns the output so far. */
  output(): string;
  /** Resolves when the program has ended. */
  ended: Promise<Ended>;
  /** Kills the program if it is still running. */
  end(): Promise<void>;
}

/** Starts an example with the given environment only. */
export async function start(
  name: string,
  args: string[],
  env: Record<string, string>,
  options: { flags?: string[]; input?: string } = {},
): Promise<Program> {
  const kept = Object.fromEntries(
    ["PATH", "HOME", "DENO_DIR", "JSR_URL", "DENO_TLS_CA_STORE"].flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const flags = ["--no-prompt", "--allow-env", "--allow-net", ...(options.flags ?? [])];
  const [command = "", ...first] = BUN_PROJECT
    ? [...BUN, "run", `${BUN_PROJECT}/examples/${name}`]
    : [Deno.execPath(), "run", ...flags, `${FOLDER}${name}`];
  const process = new Deno.Command(command, {
    args: [...first, ...args],
    clearEnv: true,
    env: { ...kept, NO_COLOR: "1", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  if (options.input) await writer.write(new TextEncoder().encode(options.input));
  await writer.close();
  const texts = { output: "", errors: "" };
  const follow = async (stream: ReadableStream<Uint8Array>, name: "output" | "errors") => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) texts[name] += decoder.decode(bytes, { stream: true });
  };
  const ended = Promise.all([
    process.status,
    follow(process.stdout, "output"),
    follow(process.stderr, "errors"),
  ]).then(([{ code }]) => ({ code, ...texts }));
  const end = async () => {
    try {
      process.kill("SIGKILL");
    } catch {
      // The process has ended already.
    }
    await ended;
  };
  return { process, ended, end, output: () => texts.output + texts.errors };
}

/** Runs an example until it ends. */
export async function call(...args: Parameters<typeof start>): Promise<Ended> {
  return await (await start(...args)).ended;
}

/** Waits until `find` returns a value other than `undefined` or `false`. Throws after a number of seconds. */
export async function until<T>(
  what: string,
  find: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 20,
): Promise<T> {
  for (const end = Date.now() + seconds * 1_000; Date.now() < end;) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Timed out after ${seconds} s: ${what}`);
}

/**
 * Starts a proxy in front of the homeserver.
 *
 * @param handle Responds to a request. `pass` forwards it to the homeserver.
 */
export function startProxy(
  baseUrl: string,
  handle: (request: Request, pass: () => Promise<Response>) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) =>
      handle(request, async () => {
        const { pathname, search } = new URL(request.url);
        const headers = { authorization: request.headers.get("authorization") ?? "" };
        const body = request.body ? await request.arrayBuffer() : undefined;
        return await fetch(baseUrl + pathname + search, { method: request.method, headers, body });
      }),
  );
}

/** A TCP proxy in front of the homeserver whose connections can be cut. */
export class CuttableProxy {
  #listener: Deno.TcpListener | undefined;
  readonly #ends = new Set<Deno.TcpConn>();
  readonly #target: URL;
  #port = 0;

  constructor(target: string) {
    this.#target = new URL(target);
    this.restore();
  }

  /** The URL of the proxy. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Accepts connections again, at the same address. */
  restore(): void {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: this.#port });
    this.#port = listener.addr.port;
    this.#listener = listener;
    (async () => {
      for await (const near of listener) this.#connect(near).catch(() => {});
    })();
  }

  async #connect(near: Deno.TcpConn): Promise<void> {
    const { hostname, port } = this.#target;
    const far = await Deno.connect({ hostname, port: Number(port) });
    const ends = [near, far];
    for (const end of ends) this.#ends.add(end);
    await Promise.allSettled([near.readable.pipeTo(far.writable), far.readable.pipeTo(near.writable)]);
    for (const end of ends) this.#close(end);
  }

  #close(end: Deno.TcpConn): void {
    this.#ends.delete(end);
    try {
      end.close();
    } catch {
      // The streams have closed the connection.
    }
  }

  /** Closes all connections and accepts no others. */
  cut(): void {
    this.#listener?.close();
    for (const end of this.#ends) this.#close(end);
  }
}
