/** Hosts for an edge function: each runs it on a port of this machine, with settings as its platform gives them. */

/** Settings of a function. */
export type Settings = Record<string, string>;

/** A function that answers. */
export interface Host {
  url: string;
  /** What it has printed so far. */
  output(): string;
  stop(): Promise<void>;
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

async function start(command: string, args: string[], port: number): Promise<Host> {
  const child = new Deno.Command(command, { args, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
  let output = "";
  const follow = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) output += decoder.decode(bytes, { stream: true });
  };
  const followed = Promise.all([follow(child.stdout), follow(child.stderr)]);
  let running = true;
  const ended = child.status.then(() => running = false);
  const stop = async () => {
    if (running) child.kill("SIGTERM");
    await ended;
    await followed;
  };
  const url = `http://127.0.0.1:${port}/`;
  for (const end = Date.now() + 30_000; running && Date.now() < end;) {
    try {
      await (await fetch(url)).body?.cancel();
      return { url, stop, output: () => output };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  await stop();
  throw new Error(`Cannot start ${command}: ${output}`);
}

/** `deno serve` with the network as its only permission. */
export function serveOnDeno(file: string, settings: Settings, flags: string[]): Promise<Host> {
  const port = freePort();
  const given = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const args = [
    "serve",
    "--allow-net",
    "--no-prompt",
    "--host=127.0.0.1",
    `--port=${port}`,
    ...flags,
    file,
    ...given,
  ];
  return start(Deno.execPath(), args, port);
}

/** Workers' own runtime. `file` is a bundle. */
export async function serveOnWorkerd(workerd: string, file: string, settings: Settings): Promise<Host> {
  const port = freePort();
  const bindings = Object.entries(settings).map(([name, value]) =>
    `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(value)})`
  );
  const folder = await Deno.makeTempDir({ prefix: "mtx_workerd_" });
  await Deno.copyFile(file, `${folder}/edge.js`);
  await Deno.writeTextFile(
    `${folder}/config.capnp`,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "edge")],
);
const edge :Workerd.Worker = (
  modules = [(name = "edge.js", esModule = embed "edge.js")],
  bindings = [${bindings.join(", ")}],
  compatibilityDate = "2025-05-01",
);
`,
  );
  const host = await start(workerd, ["serve", `${folder}/config.capnp`], port);
  const stop = async () => {
    await host.stop();
    await Deno.remove(folder, { recursive: true });
  };
  return { ...host, stop };
}
